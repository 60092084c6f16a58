/** Memory and processor time of a browser's processes, as Linux counts them. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface Risen {
  /** Bytes, anonymous and shared, of the renderer and of the browser's own process: the highest above the first. */
  readonly renderer: number;
  readonly browser: number;
}

interface Process {
  readonly id: number;
  readonly parent: number;
  readonly command: string;
}

/** Ticks of the kernel's clock in a second. */
const ticks =
  process.platform === 'linux' ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 1;

export class BrowserProcesses {
  readonly #first: Risen;
  readonly #peak = { renderer: 0, browser: 0 };
  readonly #processor: number;
  readonly #timer;

  /** Samples until stopped. */
  private constructor(
    private readonly root: number,
    private readonly all: readonly Process[],
  ) {
    this.#first = this.#resident();
    this.#processor = this.#seconds();
    this.#timer = setInterval(() => this.#look(), 25);
  }

  /** Of the browser that runs on this profile; null where there is no /proc. */
  static of(profile: string): BrowserProcesses | null {
    if (process.platform !== 'linux') return null;
    const all = listProcesses();
    const root = all.find(
      ({ command }) => command.includes(`--user-data-dir=${profile}`) && !/--type=/.test(command),
    );
    if (!root) throw new Error(`bench: no browser runs on ${profile}, expected one`);
    return new BrowserProcesses(
      root.id,
      all.filter((each) => isBelow(each, root.id, all)),
    );
  }

  stop(): { readonly memory: Risen; readonly processor: number } {
    clearInterval(this.#timer);
    this.#look();
    return { memory: this.#peak, processor: this.#seconds() - this.#processor };
  }

  #look(): void {
    const now = this.#resident();
    for (const key of ['renderer', 'browser'] as const)
      this.#peak[key] = Math.max(this.#peak[key], now[key] - this.#first[key]);
  }

  #resident(): Risen {
    const renderers = this.all.filter(({ command }) => command.includes('--type=renderer'));
    return {
      renderer: Math.max(0, ...renderers.map(({ id }) => memoryOf(id))),
      browser: memoryOf(this.root),
    };
  }

  #seconds(): number {
    return this.all.reduce((sum, { id }) => sum + processorOf(id), 0);
  }
}

function listProcesses(): Process[] {
  const found: Process[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const command = read(`/proc/${entry}/cmdline`).replaceAll('\0', ' ');
    const parent = Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${entry}/status`))?.[1]);
    if (command.length > 0) found.push({ id: Number(entry), parent, command });
  }
  return found;
}

function isBelow(each: Process, root: number, all: readonly Process[]): boolean {
  for (let at: Process | undefined = each; at; at = all.find(({ id }) => id === at.parent))
    if (at.id === root) return true;
  return false;
}

function memoryOf(id: number): number {
  const status = read(`/proc/${id}/status`);
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return 1024 * (kilobytes('RssAnon') + kilobytes('RssShmem'));
}

/** Seconds in user and kernel mode. */
function processorOf(id: number): number {
  const stat = read(`/proc/${id}/stat`);
  // The name of the program, in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticks;
}

/** A file of a process, empty if the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
