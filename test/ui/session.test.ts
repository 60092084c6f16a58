// @vitest-environment jsdom
/** The page's controller with a worker that keeps everything in memory: opening, editing, switching, removing. */
import { beforeEach, expect, it, vi } from 'vitest';
import { serialize } from '../../src/notebook/format.ts';
import { toNotebook } from '../../src/notebook/notebook.ts';
import type { NotebookView, NotebookViewListener } from '../../src/ui/notebook-view.ts';
import { Session } from '../../src/ui/session.ts';
import type { Method, Request } from '../../src/worker/protocol.ts';
import { MemoryEngine } from './memory-engine.ts';

const text = (title: string, source = '# Hi') =>
  serialize(toNotebook({ title, cells: [{ kind: 'md', source }] }));
const bundled = new Map([
  ['one', text('One')],
  ['two', text('Two')],
]);

/** What a reload keeps is the engine; what is made anew is the page. */
const engine = new MemoryEngine();
const worker = (): Worker => {
  const target = new EventTarget();
  const answer = async ({ id, method, params }: Request): Promise<void> => {
    const data = await engine.request(method, params).then(
      (result) => ({ id, result }),
      (error: Error) => ({ id, error: { name: error.name, message: error.message } }),
    );
    target.dispatchEvent(new MessageEvent('message', { data }));
  };
  return Object.assign(target, {
    postMessage: (request: Request) => void answer(request),
    terminate: () => {},
  }) as never;
};

const shown: string[] = [];
const begin = async (held = true, notebook: string | null = null) => {
  const launch = { notebook, profile: null, settings: {} };
  const session = new Session({
    createWorker: worker,
    bundled,
    launch,
    claim: { held, turn: new Promise(() => {}) },
  });
  let listener!: NotebookViewListener;
  session.attach((given) => {
    listener = given;
    return { open: (source: string) => Promise.resolve(void shown.push(source)) } as unknown as NotebookView;
  });
  await session.start();
  return { session, listener };
};

beforeEach(() => {
  shown.length = 0;
  engine.notebooks.clear();
  engine.asked.length = 0;
  localStorage.clear();
  history.replaceState(null, '', '/');
});

it('opens the first study for a newcomer, and the last notebook for who comes back', async () => {
  const { session } = await begin();
  expect(session.open.value?.id).toBe('one');
  await session.openNotebook('two');
  expect(location.hash).toBe('#/notebook/two');
  expect((await begin()).session.open.value?.id).toBe('two');
  expect((await begin(true, 'one')).session.open.value?.id).toBe('one');
});

it('keeps what is typed under its own notebook, even when it is told after another was opened', async () => {
  const { session, listener } = await begin();
  await session.openNotebook('two');
  listener.onSource(text('One', '# Late'), 'one');
  expect(session.open.value).toMatchObject({ id: 'two', title: 'Two' });
  listener.onSource(text('Two', '# Mine'), 'two');
  await session.autosave.flush();
  expect(await session.shelf.read('one')).toContain('# Late');
  expect(await session.shelf.read('two')).toContain('# Mine');
});

it('has the edited text again after a reload', async () => {
  const { session, listener } = await begin();
  listener.onSource(text('One', '# Edited'), 'one');
  window.dispatchEvent(new Event('pagehide'));
  await session.autosave.flush();
  await begin();
  expect(shown.at(-1)).toContain('# Edited');
});

it('shows the bundled text again when a changed study is restored, and the changed one after Undo', async () => {
  const { session, listener } = await begin();
  listener.onSource(text('One', '# Edited'), 'one');
  await session.autosave.flush();
  await session.removeNotebook('one');
  expect(shown.at(-1)).toBe(bundled.get('one'));
  session.notices.list.value[0]!.action!.run();
  await vi.waitFor(() => expect(shown.at(-1)).toContain('# Edited'));
});

it('says that a notebook of the address does not exist', async () => {
  await expect(begin(true, 'nope')).rejects.toThrow(/no such notebook, got nope/);
});

it('starts no engine and writes nothing in a second tab', async () => {
  const { session, listener } = await begin(false);
  listener.onSource(text('One', '# No'), 'one');
  await session.autosave.flush();
  await expect(session.actOnRun('r', 'stop')).rejects.toThrow(/this tab only reads/);
  const writing: readonly Method[] = ['engine.start', 'notebooks.put', 'runs.stop'];
  expect(engine.asked.filter(({ method }) => writing.includes(method))).toEqual([]);
});

it('names a refused GPU as the engine does', async () => {
  const { session } = await begin();
  expect(session.control.status.value).toEqual({
    state: 'unavailable',
    message: 'engine.start: not kept in memory',
  });
});
