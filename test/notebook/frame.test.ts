// @vitest-environment jsdom
/** The frame and the page: what passes, what is refused, and what survives a restart. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameHost } from '../../src/notebook/frame-host.ts';
import { FrameLink, type FrameHandlers } from '../../src/notebook/frame-link.ts';
import { PORT_MESSAGE, type PageMessage } from '../../src/notebook/frame-protocol.ts';
import { FakeEngine } from './fake-engine.ts';

const tick = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms));

/** An iframe whose window is the test: `port` is what the page has handed over last. */
function setUp() {
  const iframe = document.createElement('iframe');
  const frame: { port: MessagePort | null; told: PageMessage[] } = { port: null, told: [] };
  const contentWindow = {
    postMessage: (data: unknown, _origin: string, [port]: MessagePort[]) =>
      data === PORT_MESSAGE && (frame.port = port!),
  };
  Object.defineProperty(iframe, 'contentWindow', { value: contentWindow });
  const engine = new FakeEngine();
  const heard: unknown[][] = [];
  const hear =
    (name: string) =>
    (...values: unknown[]) =>
      void heard.push([name, ...values]);
  const listener = {
    onSource: hear('source'),
    onRunning: hear('running'),
    onKey: hear('key'),
    onFile: hear('file'),
    onDrag: hear('drag'),
    onDrop: hear('drop'),
  };
  const host = new FrameHost(iframe, engine, listener);
  const load = () => void iframe.dispatchEvent(new Event('load'));
  const link = (answers: Partial<FrameHandlers['answers']> = {}) => {
    const refuse = () => Promise.reject(new Error('not asked'));
    const made = new FrameLink(frame.port!);
    made.start({
      tell: (message) => void frame.told.push(message),
      answers: { runAll: refuse, figures: refuse, report: refuse, ...answers },
    });
    return made;
  };
  return { host, engine, frame, heard, load, link };
}

describe('frame and page', () => {
  let page: ReturnType<typeof setUp>;
  beforeEach(() => (page = setUp()));
  afterEach(() => page.host.dispose());
  const options = { key: 'k', settings: {}, profile: null, readOnly: false };

  it('open the notebook when the frame is ready, and answer requests', async () => {
    const { host, engine, frame, load, link } = page;
    const opened = host.open('<notebook>', options);
    load();
    const { engine: inFrame } = link();
    await opened;
    expect(await inFrame.request('datasets.list', {})).toMatchObject([{ name: 'moby-dick' }]);
    expect(frame.told.map(({ type }) => type)).toEqual(['theme', 'open']);
    expect(engine.asked('datasets.list')).toHaveLength(1);
  });

  it('refuse methods that are not the frame’s, malformed parameters and malformed messages', async () => {
    const { engine, frame, heard, load, link } = page;
    load();
    const { engine: inFrame } = link();
    await tick();
    heard.length = 0;
    void inFrame.request('storage.clear', {});
    void inFrame.request('notebooks.put', { id: 'x', title: '', source: '' });
    await expect(inFrame.request('runs.get', { run: '' })).rejects.toThrow();
    await expect(inFrame.request('runs.start', { spec: { kind: 'pretrain' } as never })).rejects.toThrow();
    for (const message of [
      null,
      5,
      {},
      { type: 'source' },
      { type: 'file', name: 'a', mime: '', bytes: 'no' },
      { type: 'key', press: {} },
      { type: 'answer', id: 'x' },
    ]) {
      frame.port!.postMessage(message);
    }
    await tick();
    expect(engine.requests).toEqual([]);
    expect(heard).toEqual([]);
  });

  it('refuse a flood of requests', async () => {
    const { load, link, engine } = page;
    load();
    const { engine: inFrame } = link();
    engine.request = () => new Promise(() => undefined);
    const results = Array.from({ length: 600 }, () =>
      inFrame.request('runs.list', {}).then(
        () => 'done',
        (error: Error) => error.name,
      ),
    );
    expect(await Promise.race(results)).toBe('RangeError');
  });

  it('check the frame’s answers', async () => {
    const { host, load, link } = page;
    load();
    link({
      report: () => Promise.resolve('<html>'),
      figures: () => Promise.resolve([{ name: 5 }] as never),
      runAll: () => Promise.reject(new Error('no')),
    });
    expect(await host.report()).toBe('<html>');
    await expect(host.figures()).rejects.toThrow('answer is malformed');
    await expect(host.runAll()).rejects.toThrow('no');
  });

  it('pass runs and rows on, and nothing else that happens', async () => {
    const { engine, load, link } = page;
    load();
    const seen: string[] = [];
    link().engine.subscribe((event) => void seen.push(event.type));
    await tick();
    engine.emit({ type: 'storage', estimate: { usage: 0, quota: 0, persisted: false, shards: 0 } });
    engine.emit({ type: 'rows', run: 'a', rows: [] });
    await tick();
    expect(seen).toEqual(['rows']);
  });

  it('give a frame that loads again the last source and a new port; the old port is deaf', async () => {
    const { host, frame, heard, load, link } = page;
    load();
    void host.open('<notebook>old</notebook>', options);
    const old = link({ report: () => new Promise(() => undefined) });
    await tick();
    old.send({ type: 'source', key: 'k', source: '<notebook>new</notebook>' });
    await tick();
    const asked = expect(host.report()).rejects.toThrow('run the cells again');
    await tick();
    load();
    await asked;
    link();
    await tick();
    expect(frame.told.at(-1)).toMatchObject({ type: 'open', source: '<notebook>new</notebook>' });
    heard.length = 0;
    old.send({ type: 'running', running: true });
    await tick();
    expect(heard).toEqual([]);
  });
});
