/** Exports, read back by Python where one with transformers is at hand; `npm run export-check` does all models. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { main } from './command.ts';
import { missingPython, testPython } from './python.ts';

const missing = missingPython(testPython);
const out = mkdtempSync(join(tmpdir(), 'export-check-'));
afterAll(() => rmSync(out, { recursive: true }));

describe(`an exported model, read by Python${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  it.skipIf(missing !== null)('gives the same logits and ids, trained here or imported', async () => {
    const names = ['gpt-neox-parallel', 'olmo-tuned'];
    expect(await main([...names, '--out', out])).toBe(0);
  });

  it.skipIf(missing !== null)('is found to be wrong when one logit is', () => {
    const folder = join(out, 'olmo-tuned');
    const path = join(folder, 'expected.json');
    const expected = JSON.parse(readFileSync(path, 'utf8')) as { logits: number[] };
    expected.logits[5]! += 1e-4;
    writeFileSync(path, JSON.stringify(expected));
    const { status, stdout } = spawnSync(testPython, [join(import.meta.dirname, 'check.py'), folder], {
      encoding: 'utf8',
    });
    expect([status, stdout.match(/^ +\w+ .*WRONG$/gm)?.length]).toEqual([1, 2]);
  });

  it('is not claimed without such a Python: one line says what to install', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await main(['--python', 'no-such-python'])).toBe(1);
    expect(said.mock.calls).toEqual([[expect.stringMatching(/no-such-python lacks.*pip install -r test/)]]);
    said.mockRestore();
  });
});
