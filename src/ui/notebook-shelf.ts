/** All notebooks at hand: those that come with amuro and those kept in this browser, as one list. */
import { deserialize, serialize } from '../notebook/format.ts';
import { toNotebook } from '../notebook/notebook.ts';
import type { Engine, NotebookInfo } from '../worker/protocol.ts';
import { slug } from './download.ts';
import type { NotebookEntry } from './notebook-list.ts';
import { Store } from './store.ts';

const WELCOME = `# Untitled

Text cells are Markdown; code cells are JavaScript or TypeScript. **Shift+Enter** runs a cell.`;

export class NotebookShelf {
  readonly entries = new Store<readonly NotebookEntry[]>([]);
  private kept: readonly NotebookInfo[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly bundled: ReadonlyMap<string, string>,
  ) {
    this.list();
  }

  /** Read again what this browser keeps. */
  async refresh(): Promise<void> {
    this.kept = await this.engine.request('notebooks.list', {});
    this.list();
  }

  /**
   * The source of a notebook: the kept copy, else the bundled text.
   * @throws RangeError when there is no such notebook.
   */
  async read(id: string): Promise<string> {
    const kept = await this.engine.request('notebooks.get', { id });
    const source = kept?.source ?? this.bundled.get(id);
    if (source === undefined)
      throw new RangeError(
        `open notebook: no such notebook, got ${id}, expected one of the list on the left`,
      );
    return source;
  }

  /** Keep a notebook under its id; a new id becomes a new entry. */
  async put(id: string, title: string, source: string): Promise<void> {
    const info = await this.engine.request('notebooks.put', { id, title, source });
    this.kept = [...this.kept.filter((each) => each.id !== id), info];
    this.list();
  }

  /** A new notebook with one text cell; resolves to its id. */
  create(): Promise<string> {
    const cells = [
      { kind: 'md', source: WELCOME },
      { kind: 'js', source: '' },
    ] as const;
    return this.add(serialize(toNotebook({ title: 'Untitled', cells })));
  }

  /**
   * Keep a notebook's text as a new entry under its own title.
   * @throws NotebookFormatError when it is not a notebook.
   */
  async add(source: string, title = deserialize(source).title): Promise<string> {
    const id = this.freeId(slug(title));
    await this.put(id, title, serialize({ ...deserialize(source), title }));
    return id;
  }

  async duplicate(id: string): Promise<string> {
    const source = await this.read(id);
    return this.add(source, `${deserialize(source).title} (copy)`);
  }

  /** Give a kept notebook another title; its id, and so its address, stay. */
  async rename(id: string, title: string): Promise<void> {
    await this.put(id, title, serialize({ ...deserialize(await this.read(id)), title }));
  }

  /** Remove the kept copy; resolves to a function that puts it back. */
  async remove(id: string): Promise<() => Promise<void>> {
    const source = await this.read(id);
    const { title } = deserialize(source);
    await this.engine.request('notebooks.remove', { id });
    this.kept = this.kept.filter((each) => each.id !== id);
    this.list();
    return () => this.put(id, title, source);
  }

  private list(): void {
    const kept = new Map(this.kept.map((info) => [info.id, info]));
    const bundled = [...this.bundled].map(([id, source]) => ({
      id,
      title: kept.get(id)?.title ?? deserialize(source).title,
      bundled: true,
      kept: kept.has(id),
    }));
    const own = [...this.kept]
      .filter(({ id }) => !this.bundled.has(id))
      .sort((a, b) => a.title.localeCompare(b.title))
      .map(({ id, title }) => ({ id, title, bundled: false, kept: true }));
    this.entries.set([...bundled, ...own]);
  }

  private freeId(wanted: string): string {
    const taken = new Set(this.entries.value.map((entry) => entry.id));
    for (let number = 1; ; number++) {
      const id = number === 1 ? wanted : `${wanted}-${number}`;
      if (!taken.has(id)) return id;
    }
  }
}
