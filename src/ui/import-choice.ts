/** What a person is about to import: the repository's revisions, those picked, and what they weigh. */
import { logSpaced, oneRun } from '../experiments/log-spaced.ts';
import { importSchema, type ImportSpec } from '../experiments/spec.ts';
import type { Engine, HubRevision, RevisionSize } from '../worker/protocol.ts';

export class ImportChoice {
  hub = '';
  repository = '';
  /** Null before a repository was listed. */
  revisions: readonly HubRevision[] | null = null;
  /** Names of those picked. */
  picked: ReadonlySet<string> = new Set();
  /** Whether the list is on its way. */
  listing = false;
  /** Why the list or a size could not be had. */
  problem: string | null = null;
  private sizes: ReadonlyMap<string, RevisionSize> = new Map();
  /** Counts lists: what an older one still brings is not heard. */
  private generation = 0;
  private measuring = false;

  constructor(
    private readonly engine: Pick<Engine, 'request'>,
    private readonly onChange: () => void,
  ) {}

  /** Lists a repository, and picks `count` of its revisions. */
  async list(hub: string, repository: string, count: number): Promise<void> {
    const generation = ++this.generation;
    Object.assign(this, { hub, repository, revisions: null, problem: null, listing: true });
    this.pick([]);
    try {
      const revisions = await this.engine.request('hub.revisions', { hub, repository });
      if (generation !== this.generation) return;
      this.revisions = revisions;
      if (revisions.length === 0) this.problem = `${repository} has no revisions; it may be empty`;
      this.pickSpread(count);
    } catch (error) {
      if (generation === this.generation) this.problem = messageOf(error);
    } finally {
      if (generation === this.generation) this.listing = false;
      this.onChange();
    }
  }

  /** Those picked, by rising step. */
  get chosen(): readonly HubRevision[] {
    return (this.revisions ?? []).filter(({ name }) => this.picked.has(name));
  }

  /** What is known of a picked revision's weight. */
  size(revision: HubRevision): RevisionSize | undefined {
    return this.sizes.get(revision.commit);
  }

  /** Picked revisions whose size is not known yet. */
  get unmeasured(): readonly HubRevision[] {
    return this.chosen.filter(({ commit }) => !this.sizes.has(commit));
  }

  /** Bytes to download as far as they are known. */
  get bytes(): number {
    return this.chosen.reduce((sum, revision) => sum + (this.size(revision)?.bytes ?? 0), 0);
  }

  pick(names: Iterable<string>): void {
    this.picked = new Set(names);
    this.problem = null;
    this.onChange();
    void this.measure();
  }

  pickSpread(count: number): void {
    // Two ingredients of one stage may claim one step: a run has room for one of them.
    const bySteps = new Map(oneRun(this.revisions ?? []).map((revision) => [revision.step, revision]));
    const spread = logSpaced([...bySteps.values()], count, ({ step }) => step);
    this.pick(spread.map(({ name }) => name));
  }

  toggle(name: string): void {
    const next = new Set(this.picked);
    if (!next.delete(name)) next.add(name);
    this.pick(next);
  }

  /** The spec of the import. @throws ZodError when nothing is picked */
  get spec(): ImportSpec {
    const revisions = this.chosen.map(({ name, commit, step, tokens }) => ({ name, commit, step, tokens }));
    const { hub, repository } = this;
    return importSchema.parse({ kind: 'import', hub, repository, revisions });
  }

  /** Asks for the sizes one by one, so that a long list shows how far it is and a change of mind ends it. */
  private async measure(): Promise<void> {
    if (this.measuring) return;
    this.measuring = true;
    try {
      for (let [next] = this.unmeasured; next && this.problem === null; [next] = this.unmeasured) {
        const { hub, repository, generation } = this;
        const [size] = await this.engine.request('hub.sizes', { hub, repository, commits: [next.commit] });
        if (generation === this.generation) this.sizes = new Map(this.sizes).set(next.commit, size!);
        this.onChange();
      }
    } catch (error) {
      this.problem = messageOf(error);
      this.onChange();
    } finally {
      this.measuring = false;
    }
  }
}

/** The import as the code of a cell, under a name that `taken` does not hold. */
export function importCode(spec: ImportSpec, taken: (name: string) => boolean): string {
  const wanted = variableName(spec.repository);
  let name = wanted;
  for (let number = 2; taken(name); number++) name = `${wanted}${number}`;
  const lines = spec.revisions.map(
    ({ name: revision, commit, step, tokens }) =>
      `    {name: ${JSON.stringify(revision)}, commit: "${commit}", step: ${step}${tokens === null ? '' : `, tokens: ${tokens}`}}`,
  );
  const { hub: publicHub } = importSchema.parse({ ...spec, hub: undefined });
  return [
    `const ${name} = importModel({`,
    `  repository: ${JSON.stringify(spec.repository)},`,
    ...(spec.hub === publicHub ? [] : [`  hub: ${JSON.stringify(spec.hub)},`]),
    `  revisions: [`,
    lines.join(',\n'),
    '  ]',
    '});',
  ].join('\n');
}

/** `EleutherAI/pythia-14m` → `pythia14m`. */
function variableName(repository: string): string {
  const words = repository
    .split('/')
    .at(-1)!
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const joined = words
    .map((word, at) => (at === 0 ? word[0]!.toLowerCase() : word[0]!.toUpperCase()) + word.slice(1))
    .join('');
  return /^[A-Za-z]/.test(joined) ? joined : `model${joined}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
