/** `npm run export-check`: models of every family, trained and exported as the app does, are read back by Python. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describe, openNodeGpu } from '../../scripts/node-gpu.ts';
import { subjects } from './subjects.ts';
import { exportSubject } from './export-subject.ts';
import { missingPython, testPython } from './python.ts';

export const usage = `export-check [name…] [--out DIR] [--python PATH]

  name      ${Object.keys(subjects).join(', ')}; all where none is given
  --out     keeps the exported folders there
  --python  the interpreter; else AMURO_PYTHON, else python3`;

/** Exports, and prints what Python finds, a line for each check; returns the exit code: 1 unless all are well. */
export async function main(parameters: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      out: { type: 'string' },
      python: { type: 'string', default: testPython },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const names = positionals.length > 0 ? positionals : Object.keys(subjects).filter(isThere);
  const unknown = names.filter((name) => !Object.hasOwn(subjects, name));
  const problem =
    unknown.length > 0
      ? `no model named ${unknown.join(', ')}, expected some of ${Object.keys(subjects).join(', ')}`
      : missingPython(values.python);
  if (problem !== null) {
    console.error(`export-check: ${problem}`);
    return 1;
  }
  const out = values.out === undefined ? mkdtempSync(join(tmpdir(), 'export-check-')) : resolve(values.out);
  try {
    return await check(names, out, values.python);
  } finally {
    if (values.out === undefined) rmSync(out, { recursive: true });
  }
}

/** Published models are exported only where their files are. */
function isThere(name: string): boolean {
  const { folder } = subjects[name]!;
  if (folder === undefined || existsSync(folder)) return true;
  console.log(`${name} is left out: ${folder} is not there`);
  return false;
}

async function check(names: readonly string[], out: string, python: string): Promise<number> {
  const gpu = await openNodeGpu();
  console.log(describe(gpu));
  for (const name of names) {
    const folder = join(out, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    console.log(await exportSubject(gpu, subjects[name]!, folder));
  }
  const script = join(import.meta.dirname, 'check.py');
  const folders = names.map((name) => join(out, name));
  return spawnSync(python, [script, ...folders], { stdio: 'inherit' }).status ?? 1;
}
