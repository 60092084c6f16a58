/** The page's elements in a real browser: what they say, what they ask for, by keyboard, and to a screen reader. */
import axe from 'axe-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import '../../src/ui/tokens.css';
import '../../src/ui/command-palette.ts';
import '../../src/ui/data-table.ts';
import '../../src/ui/engine-banner.ts';
import '../../src/ui/figure-card.ts';
import '../../src/ui/notebook-list.ts';
import '../../src/ui/notebook-outline.ts';
import '../../src/ui/run-card.ts';
import '../../src/ui/run-grid.ts';
import '../../src/ui/runs-tree.ts';
import '../../src/ui/storage-meter.ts';
import { evaluateInput, finetuneInput, pretrainInput, view } from '../ui/run-fixtures.ts';

type Tags = HTMLElementTagNameMap;

async function show<K extends keyof Tags>(tag: K, properties: Partial<Tags[K]>): Promise<Tags[K]> {
  const element = Object.assign(document.createElement(tag), properties);
  document.body.append(element);
  await settled(element);
  return element;
}
const settled = async (element: HTMLElement): Promise<void> => {
  await (element as HTMLElement & { updateComplete?: Promise<unknown> }).updateComplete;
};
const text = (element: HTMLElement): string => element.shadowRoot!.textContent.replace(/[ \n]+/g, ' ');
const find = <E extends HTMLElement = HTMLElement>(element: HTMLElement, selector: string): E =>
  element.shadowRoot!.querySelector<E>(selector)!;
const button = (element: HTMLElement, name: string): HTMLButtonElement =>
  [...element.shadowRoot!.querySelectorAll('button')].find((each) =>
    each.textContent.trim().startsWith(name),
  )!;
const press = (target: HTMLElement, key: string): void => {
  target.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true }),
  );
};
async function expectNoSeriousFinding(): Promise<void> {
  const { violations } = await axe.run(document.body, { rules: { region: { enabled: false } } });
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('; ')}`)).toEqual([]);
}

afterEach(() => {
  document.body.replaceChildren();
  delete document.documentElement.dataset['theme'];
});

const measured = (step: number) => ({
  run: 'p',
  step,
  loss: 6 - step / 10,
  gradNorm: 1,
  learningRate: 1,
  tokens: step * 305,
});
const running = view(
  'p',
  pretrainInput,
  { status: 'running', done: 0 },
  {
    status: 'running',
    done: 9,
    secondsLeft: 70,
    tokensPerSecond: 4321,
    activity: 'training',
    steps: [measured(8), measured(9)],
  },
);

describe('<run-card>', () => {
  it('says how far, how fast and how well, and draws the curve', async () => {
    const card = await show('run-card', { run: running });
    expect(text(card)).toContain('9 of 37 steps · 1\u202fmin 10\u202fs left · 4,321 tokens/s · training');
    expect(text(card)).toContain('loss 5.1');
    const chart = find(card, 'loss-chart');
    await vi.waitFor(() => expect(chart.shadowRoot!.querySelector('canvas')).not.toBeNull());
    expect(chart.shadowRoot!.textContent).toContain('ln(vocabulary) = 6.23');
  });

  it('asks for exactly what is pressed, through every shadow root', async () => {
    const card = await show('run-card', { run: running });
    const asked: unknown[] = [];
    document.body.addEventListener('run-action', ({ detail }) => asked.push(detail), { once: true });
    button(card, 'Pause').click();
    expect(asked).toEqual([{ run: 'p', action: 'pause' }]);
    expect(button(card, 'Step')).toBeUndefined();
  });

  it('collects the steps of reports, and starts anew for another run', async () => {
    const card = await show('run-card', { run: running, steps: [1, 2, 3].map(measured) });
    const steps = (): readonly number[] =>
      find<Tags['loss-chart']>(card, 'loss-chart').steps.map(({ step }) => step);
    expect(steps()).toEqual([1, 2, 3, 8, 9]);
    card.run = view('p', pretrainInput, {}, { status: 'running', done: 10, steps: [measured(10)] });
    await settled(card);
    expect(steps()).toEqual([1, 2, 3, 8, 9, 10]);
    card.run = view(
      'other',
      pretrainInput,
      {},
      { status: 'running', done: 1, steps: [{ ...measured(1), run: 'other' }] },
    );
    await settled(card);
    expect(steps()).toEqual([1]);
  });

  it('shows the error with what to do, and details in place', async () => {
    const error = 'plan: 9 GB do not fit, got batchSize 512, expected less; use a smaller batchSize';
    const card = await show('run-card', { run: view('p', pretrainInput, { status: 'failed', error }) });
    expect(find(card, '[role=alert]').textContent).toContain(error);
    button(card, 'Details').click();
    await settled(card);
    await settled(find(card, 'run-details'));
    expect(find(card, 'run-details').shadowRoot!.textContent).toContain('model.layers');
  });

  it('announces a change of status once, and no single step', async () => {
    const card = await show('run-card', { run: running });
    const said = (): string => find(card, '[role=status]').textContent;
    card.run = view('p', pretrainInput, {}, { status: 'running', done: 10 });
    await settled(card);
    expect(said()).toContain('27 percent');
    card.run = view('p', pretrainInput, {}, { status: 'running', done: 11 });
    await settled(card);
    expect(said()).toContain('27 percent');
    card.run = view('p', pretrainInput, {}, { status: 'paused', done: 11 });
    await settled(card);
    expect(said()).toMatch(/paused$/);
  });
});

it('<run-grid> counts what is finished and unfolds a row to its card', async () => {
  const grid = await show('run-grid', {
    runs: [running, view('f', finetuneInput('p', 1)), view('e', evaluateInput('p', 1), { status: 'failed' })],
  });
  expect(text(grid)).toContain('1 of 3 finished · 1 failed');
  button(grid, 'Fine-tune').click();
  await settled(grid);
  expect(find(grid, 'run-card')).not.toBeNull();
});

describe('<runs-tree>', () => {
  const runs = [running, view('f', finetuneInput('p', 1)), view('e', evaluateInput('f', 7))];
  const focusedText = (tree: HTMLElement): string =>
    tree.shadowRoot!.activeElement!.textContent.replace(/[ \n]+/g, ' ').trim();

  it('is walked, unfolded and opened by keyboard alone', async () => {
    const tree = await show('runs-tree', { runs });
    find(tree, '[tabindex="0"][data-key]').focus();
    const keys: [string, RegExp][] = [
      ['ArrowDown', /^Checkpoint 0/],
      ['ArrowDown', /^Checkpoint 1$/],
      ['ArrowRight', /^Checkpoint 1$/],
      ['ArrowRight', /^Fine-tune: spam/],
      ['ArrowLeft', /^Checkpoint 1/],
      ['ArrowLeft', /^Checkpoint 1/],
      ['ArrowDown', /^Checkpoint 4/],
      ['Home', /^GPT-NeoX 3 × 48/],
      ['End', /^Checkpoint 37 to come/],
    ];
    for (const [key, expected] of keys) {
      press(tree.shadowRoot!.activeElement as HTMLElement, key);
      await settled(tree);
      expect(focusedText(tree), key).toMatch(expected);
    }
    expect(tree.shadowRoot!.querySelectorAll('[data-key][tabindex="0"]')).toHaveLength(1);
  });

  it('asks twice before it removes, and lists what differs from another run', async () => {
    const other = view('q', { ...pretrainInput, batchSize: 7 }, { createdAt: 9 });
    const tree = await show('runs-tree', { runs: [view('p', pretrainInput), other] });
    const asked = vi.fn();
    tree.addEventListener('run-action', asked);
    find(tree, '[data-key=p]').click();
    await settled(tree);
    button(tree, 'Remove…').click();
    await settled(tree);
    expect(asked).not.toHaveBeenCalled();
    button(tree, 'Remove for good').click();
    expect(asked).toHaveBeenCalledOnce();
    const details = find<Tags['run-details']>(tree, 'run-details');
    const select = find<HTMLSelectElement>(details, 'select');
    select.value = 'q';
    select.dispatchEvent(new Event('change'));
    await settled(details);
    expect(text(details)).toContain('batchSize 5 there 7');
  });

  it('exports the checkpoints that are kept, and a fine-tune’s last, by keyboard too', async () => {
    const tree = await show('runs-tree', { runs });
    const asked: unknown[] = [];
    tree.addEventListener('export-model', ({ detail }) => asked.push(detail));
    const buttons = [...tree.shadowRoot!.querySelectorAll<HTMLButtonElement>('.export')];
    // Of the steps 0, 1, 4 and 37 of a run at step 9, three are kept.
    expect(buttons.map((each) => each.ariaLabel)).toEqual(
      [0, 1, 4].map((step) => `Export checkpoint ${step} as a model`),
    );
    expect(buttons.map(({ tabIndex }) => tabIndex)).toEqual([-1, -1, -1]);
    find(tree, '[data-key="p@1"]').focus();
    await settled(tree);
    expect(buttons[1]!.tabIndex).toBe(0);
    buttons[1]!.click();
    press(find(tree, '[data-key="p@1"]'), 'ArrowRight');
    await settled(tree);
    find(tree, '[data-key=f]').click();
    await settled(tree);
    button(tree, 'Export model').click();
    expect(asked).toEqual([
      { run: 'p', step: 1 },
      { run: 'f', step: 37 },
    ]);
    await expectNoSeriousFinding();
  });

  it('teaches when there is nothing yet', async () => {
    expect(text(await show('runs-tree', {}))).toContain('Nothing has been trained here yet');
  });
});

describe('<command-palette>', () => {
  it('finds, moves and runs by keyboard, and gives the focus back', async () => {
    const before = document.body.appendChild(document.createElement('button'));
    before.focus();
    const run = vi.fn();
    const palette = await show('command-palette', {
      commands: [
        { name: 'Save now', run: vi.fn() },
        { name: 'Run all cells', run },
        { name: 'Restart', run: vi.fn() },
      ],
    });
    palette.show();
    await settled(palette);
    await vi.waitFor(() => expect(palette.shadowRoot!.activeElement).toBe(find(palette, 'input')));
    const input = find<HTMLInputElement>(palette, 'input');
    input.value = 'r';
    input.dispatchEvent(new Event('input'));
    await settled(palette);
    press(input, 'ArrowDown');
    await settled(palette);
    press(input, 'ArrowDown');
    await settled(palette);
    press(input, 'Enter');
    await settled(palette);
    expect(run).toHaveBeenCalledOnce();
    expect(palette.open).toBe(false);
    expect(document.activeElement).toBe(before);
  });
});

describe('<figure-card>', () => {
  const plot = (): SVGSVGElement => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    for (const [name, value] of Object.entries({ viewBox: '0 0 120 60', width: '120', height: '60' }))
      svg.setAttribute(name, value);
    svg.innerHTML = '<circle cx="60" cy="30" r="25" fill="currentColor"/>';
    return svg;
  };
  const figure = { title: 'Loss by step', caption: 'n = 3', plot, csv: () => 'step,loss\n1,6\n' };
  const exported = async (name: string): Promise<{ readonly name: string; readonly blob: Blob }> => {
    const card = await show('figure-card', { figure });
    const file = new Promise<{ readonly name: string; readonly blob: Blob }>((resolve) => {
      card.addEventListener('file-export', (event) => {
        event.preventDefault();
        resolve(event.detail);
      });
    });
    const menu = find<Tags['menu-button']>(card, 'menu-button');
    menu.show();
    await settled(menu);
    button(menu, name).click();
    return file;
  };

  it('gives an SVG that stands alone, with ink and paper', async () => {
    const { name, blob } = await exported('SVG');
    expect(name).toBe('loss-by-step.svg');
    const svg = new DOMParser().parseFromString(await blob.text(), 'image/svg+xml').documentElement;
    expect([
      svg.getAttribute('width'),
      svg.querySelector('circle')!.getAttribute('fill'),
      svg.firstElementChild!.getAttribute('fill'),
    ]).toEqual(['120', '#1d1e20', '#ffffff']);
  });

  it('gives a PNG at twice the size whose ink and paper are where they should be', async () => {
    const { blob } = await exported('PNG');
    const picture = await createImageBitmap(blob);
    expect([picture.width, picture.height]).toEqual([240, 120]);
    const context = new OffscreenCanvas(240, 120).getContext('2d')!;
    context.drawImage(picture, 0, 0);
    expect([...context.getImageData(2, 2, 1, 1).data]).toEqual([255, 255, 255, 255]);
    expect([...context.getImageData(120, 60, 1, 1).data]).toEqual([0x1d, 0x1e, 0x20, 255]);
  });

  it('gives the numbers as they are', async () => {
    const { name, blob } = await exported('CSV');
    expect([name, await blob.text()]).toEqual(['loss-by-step.csv', 'step,loss\n1,6\n']);
  });

  it('says what failed when a plot cannot be drawn', async () => {
    const card = await show('figure-card', {
      figure: {
        ...figure,
        plot: () => {
          throw new Error('no rows');
        },
      },
    });
    await settled(card);
    expect(text(card)).toContain('cannot be drawn: no rows');
  });
});

it('<data-table> sorts up, down and back by its headings', async () => {
  const table = await show('data-table', {
    rows: [
      { task: 'b', value: 0.5 },
      { task: 'a', value: 2 },
    ],
  });
  const column = (): string[] =>
    [...table.shadowRoot!.querySelectorAll('tbody tr')].map((row) => row.children[0]!.textContent.trim());
  const seen: string[][] = [];
  for (let click = 0; click < 3; click++) {
    button(table, 'task').click();
    await settled(table);
    seen.push(column());
  }
  expect(seen).toEqual([
    ['a', 'b'],
    ['b', 'a'],
    ['b', 'a'],
  ]);
});

it('<notebook-list> renames in place and leaves the title on Escape', async () => {
  const list = await show('notebook-list', {
    entries: [{ id: 'n', title: 'Notes', bundled: false, kept: true }],
  });
  const asked: unknown[] = [];
  list.addEventListener('notebook-action', ({ detail }) => asked.push(detail));
  const rename = async (value: string, key: string): Promise<void> => {
    const menu = find<Tags['menu-button']>(list, 'menu-button');
    menu.show();
    await settled(menu);
    button(menu, 'Rename').click();
    await settled(list);
    const input = find<HTMLInputElement>(list, 'input');
    input.value = value;
    press(input, key);
    await settled(list);
  };
  await rename('Other', 'Escape');
  await rename('Better', 'Enter');
  expect(asked).toEqual([{ action: 'rename', id: 'n', title: 'Better' }]);
});

it('<storage-meter> erases only after a second press', async () => {
  const estimate = { usage: 9e8, quota: 1e9, persisted: false, shards: 8e8 };
  const meter = await show('storage-meter', { estimate });
  const asked: unknown[] = [];
  meter.addEventListener('storage-action', ({ detail }) => asked.push(detail));
  expect(text(meter)).toContain('Nearly full');
  button(meter, 'Erase…').click();
  await settled(meter);
  expect(asked).toEqual([]);
  button(meter, 'Erase everything').click();
  expect(asked).toEqual(['clear']);
});

it('<engine-banner> is silent while all is well and says what to do when it is not', async () => {
  const info = { adapter: 'GPU', software: false } as never;
  const banner = await show('engine-banner', { status: { state: 'ready', info } });
  expect(text(banner).trim()).toBe('');
  banner.status = { state: 'unavailable', message: 'navigator.gpu: no adapter' };
  await settled(banner);
  expect(text(banner)).toMatch(/no adapter.*(Chrome|chrome:|https)/);
});

describe.each(['light', 'dark'])('every element together, %s', (theme) => {
  it('has no serious accessibility finding', async () => {
    document.documentElement.dataset['theme'] = theme;
    document.title = 'Elements';
    document.documentElement.lang = 'en';
    const runs = [
      running,
      view('f', finetuneInput('p', 1)),
      view('e', evaluateInput('f', 7), { status: 'failed', error: 'failed: why' }),
    ];
    await show('engine-banner', { status: { state: 'unavailable', message: 'no adapter' } });
    await show('engine-banner', {
      status: { state: 'ready', info: { adapter: 'SwiftShader', software: true } as never },
    });
    const card = await show('run-card', { run: running });
    button(card, 'Details').click();
    await show('run-card', { run: runs[2]! });
    await show('run-grid', { runs });
    const tree = await show('runs-tree', { runs });
    find(tree, '[data-key=p]').click();
    await show('data-table', { rows: [{ task: 'a', value: 1 }] });
    await show('notebook-outline', { entries: [{ cell: 1, level: 2, text: 'Heading' }] });
    await show('notebook-list', {
      entries: [{ id: 'n', title: 'Notes', bundled: false, kept: true }],
      current: 'n',
    });
    await show('storage-meter', { estimate: { usage: 1e8, quota: 1e9, persisted: false, shards: 1e7 } });
    const palette = await show('command-palette', {
      commands: [{ name: 'Run all cells', shortcut: 'Mod+K', run: () => {} }],
    });
    palette.show();
    await settled(palette);
    await expectNoSeriousFinding();
  });
});
