/** Memory of a browser's processes as Linux counts it. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Resident {
  /** Bytes that belong to the process alone (`RssAnon`), of the largest renderer and of the browser's own process. */
  readonly renderer: number;
  readonly browser: number;
}

/** Of the browser that runs on this profile; null where there is no /proc. */
export function resident(profile: string): Resident | null {
  const processes = listProcesses().filter(({ command }) => command.length > 0);
  const root = processes.find(
    ({ command }) => command.includes(`--user-data-dir=${profile}`) && !/--type=/.test(command),
  );
  if (!root) return null;
  const below = processes.filter((process) => isBelow(process, root.id, processes));
  const renderers = below.filter(({ command }) => command.includes('--type=renderer'));
  return { renderer: Math.max(0, ...renderers.map(({ id }) => anonymous(id))), browser: anonymous(root.id) };
}

/** Samples until stopped; gives the highest rise above the first sample. */
export function watchMemory(profile: string): () => Resident | null {
  const first = resident(profile);
  const peak = { renderer: 0, browser: 0 };
  const timer = setInterval(() => {
    const now = resident(profile);
    if (!now || !first) return;
    peak.renderer = Math.max(peak.renderer, now.renderer - first.renderer);
    peak.browser = Math.max(peak.browser, now.browser - first.browser);
  }, 50);
  return () => {
    clearInterval(timer);
    return first && peak;
  };
}

interface Process {
  readonly id: number;
  readonly parent: number;
  readonly command: string;
}

function listProcesses(): Process[] {
  const found: Process[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8'))?.[1]);
      found.push({ id: Number(entry), parent, command });
    } catch {
      // Gone meanwhile.
    }
  }
  return found;
}

function isBelow(process: Process, root: number, all: readonly Process[]): boolean {
  for (let at: Process | undefined = process; at; at = all.find(({ id }) => id === at.parent))
    if (at.parent === root) return true;
  return false;
}

function anonymous(id: number): number {
  try {
    return 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
