/** Commands, outline, advice, file names, titles: the page's small texts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentPolicy } from '../../scripts/content-policy.ts';
import { toNotebook } from '../../src/notebook/notebook.ts';
import { commandFor, findCommands } from '../../src/ui/command.ts';
import { fileName, slug } from '../../src/ui/download.ts';
import { afterDeviceEvent, webGpuAdvice } from '../../src/ui/engine-status.ts';
import type { EngineStatus } from '../../src/ui/engine-status.ts';
import { outlineOf } from '../../src/ui/outline.ts';
import { tabTitle } from '../../src/ui/page-activity.ts';
import { pretrainInput, view } from './run-fixtures.ts';

const run = () => {};

describe('commands', () => {
  const commands = [
    { name: 'Export rows (CSV)', run },
    { name: 'Run all cells', shortcut: 'Ctrl+Enter', run },
    { name: 'Stop', shortcut: 'Ctrl+Enter', enabled: false, run },
    { name: 'Save now', shortcut: 'Ctrl+S', enabled: false, run },
  ];
  it('are found by the starts of their words first, disabled ones never', () => {
    expect(findCommands(commands, 'r').map(({ name }) => name)).toEqual([
      'Export rows (CSV)',
      'Run all cells',
    ]);
    expect(findCommands(commands, 'xpo').map(({ name }) => name)).toEqual(['Export rows (CSV)']);
    expect(findCommands(commands, 'cells run')).toHaveLength(1);
    expect(findCommands(commands, 'save')).toEqual([]);
  });
  it('answer to their shortcut only while enabled', () => {
    const press = (key: string) => ({ key, ctrlKey: true, metaKey: false, shiftKey: false, altKey: false });
    expect(commandFor(commands, press('Enter'))?.name).toBe('Run all cells');
    expect(commandFor(commands, press('s'))).toBeUndefined();
  });
});

it('the outline has the headings of text cells, without marks and without those in code', () => {
  const notebook = toNotebook({
    cells: [
      {
        kind: 'md',
        source: '# One *more* `time`\ntext\n```\n# not this\n```\n## [Two](http://x) snake_case ##',
      },
      { kind: 'js', source: '# not this' },
      { kind: 'md', source: '#nor this\n   ### Three' },
    ],
  });
  expect(outlineOf(notebook)).toEqual([
    { cell: 1, level: 1, text: 'One more time' },
    { cell: 1, level: 2, text: 'Two snake_case' },
    { cell: 3, level: 3, text: 'Three' },
  ]);
});

describe('file names', () => {
  it('never carry a path, a control character or nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const safe = fileName(name);
        expect(safe).not.toMatch(/[\u0000-\u001f/\\<>:"|?*]/);
        expect(safe).not.toMatch(/^\.|^$/);
        expect(safe.length).toBeLessThanOrEqual(129);
      }),
      { seed: 11 },
    );
    expect(fileName('../../etc/passwd')).toBe('etc-passwd');
    expect(fileName(`${'x'.repeat(500)}.csv`)).toMatch(/^x{116}\.csv$/);
  });
  it('come from titles', () => {
    expect(slug('Does it learn? (2)')).toBe('does-it-learn-2');
    expect(slug('Éclair & 東京')).toBe('eclair-東京');
    expect(slug('???')).toBe('untitled');
  });
});

describe('the engine', () => {
  const ready: EngineStatus = { state: 'ready', info: { adapter: 'a' } as never };
  const event = (state: 'ready' | 'lost' | 'recovered' | 'unavailable') =>
    ({ type: 'device', state, message: 'm' }) as const;
  it('goes from ready over lost to recovered and to ready again only when there is a device', () => {
    const lost = afterDeviceEvent(ready, event('lost'));
    expect(lost).toEqual({ state: 'lost', message: 'm' });
    expect(afterDeviceEvent(lost, event('recovered')).state).toBe('recovered');
    expect(afterDeviceEvent(lost, event('ready'))).toBe(lost);
    expect(afterDeviceEvent(ready, event('ready'))).toEqual(ready);
  });
  it('advises what the browser at hand can do', () => {
    const facts = { secureContext: true, hasWebGpu: false };
    const agents = {
      'X11; Linux x86_64) Chrome/150': /enable-unsafe-webgpu/,
      'Windows NT 10.0) Chrome/150 Edg/150': /graphics acceleration/,
      'X11; Linux) Firefox/150': /dom\.webgpu\.enabled/,
      'Macintosh) Version/17 Safari/605': /Safari 26/,
      'Linux; Android 15) Chrome/150': /graphics acceleration/,
      curl: /Use Chrome/,
    };
    for (const [userAgent, advice] of Object.entries(agents))
      expect(webGpuAdvice({ userAgent, ...facts })[0]).toMatch(advice);
    expect(webGpuAdvice({ userAgent: 'Chrome/150', hasWebGpu: false, secureContext: false })).toHaveLength(1);
  });
});

it('the tab says how far the run under way is, and how many follow', () => {
  const current = view('p', pretrainInput, {}, { status: 'running', done: 16 });
  expect(tabTitle('Notes', { current, open: 3 })).toBe(
    '43 % Pre-train GPT-NeoX 3 × 48, 37 steps (+2) · Notes · amuro',
  );
  expect(tabTitle('Notes', { current: null, open: 2 })).toBe('waiting · Notes · amuro');
  expect(tabTitle('', { current: null, open: 0 })).toBe('amuro');
});

it('the built page may run no inline script, no eval, and reach no host but its own, the hub and this machine', () => {
  const policy = contentPolicy(false);
  expect(policy).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(policy).not.toMatch(/unsafe|ws:|'\*'|\s\*[\s;]/);
  expect(policy.match(/https?:\/\/\S+?(?=;|\s|$)/g)).toEqual([
    'https://huggingface.co',
    'https://*.huggingface.co',
    'https://*.hf.co',
    'http://127.0.0.1:*',
    'http://localhost:*',
  ]);
});
