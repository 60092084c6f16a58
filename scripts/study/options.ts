/** The command line of `npm run study`. */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

export interface StudyOptions {
  /** Path of the notebook file. */
  readonly notebook: string;
  /** Folder the results go to; the only place written to besides `store`. */
  readonly out: string;
  readonly profile: 'quick' | 'full';
  /** Values for the notebook's `settings`. */
  readonly set: Readonly<Record<string, string>>;
  /** Files given as if dropped onto the page: name → path. */
  readonly files: Readonly<Record<string, string>>;
  /** Addresses of hubs that the notebook may ask; all others are refused. */
  readonly hubs: readonly string[];
  /** Browser profile to keep between runs; null uses a new one and deletes it. */
  readonly store: string | null;
}

export const usage = `npm run study -- NOTEBOOK --out DIR [--profile quick|full] [--set name=value] [--file name=PATH] [--hub ADDRESS] [--store DIR]

Runs a notebook from first to last cell in a headless browser and writes rows.jsonl, steps.jsonl, figures/, report.html
and run.json to DIR. Exit code 0 only if every cell succeeded. Models are downloaded only from the addresses given by --hub. With --store, finished runs are kept and not run again.`;

/** @throws Error with what is wrong and the usage. */
export function parseOptions(args: readonly string[]): StudyOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      profile: { type: 'string', default: 'quick' },
      set: { type: 'string', multiple: true, default: [] },
      file: { type: 'string', multiple: true, default: [] },
      hub: { type: 'string', multiple: true, default: [] },
      store: { type: 'string' },
    },
  });
  const [notebook, ...more] = positionals;
  if (!notebook || more.length > 0)
    throw new Error(`study: give one notebook, got ${positionals.length}\n${usage}`);
  if (!values.out) throw new Error(`study: --out is missing\n${usage}`);
  if (values.profile !== 'quick' && values.profile !== 'full') {
    throw new Error(`study: --profile is not known, got ${values.profile}, expected quick or full`);
  }
  return {
    notebook,
    out: values.out,
    profile: values.profile,
    set: pairs('--set', values.set),
    files: pairs('--file', values.file),
    hubs: values.hub.map(hubAddress),
    store: values.store ?? null,
  };
}

/** @throws Error for what is no address of a server. */
function hubAddress(value: string): string {
  if (/^https?:\/\/[^\s/?#]+/.test(value)) return value.replace(/\/+$/, '');
  throw new Error(
    `study: --hub is not an address, got ${value}, expected one such as https://huggingface.co`,
  );
}

/** Name under which the app knows a notebook file. */
export function notebookName(path: string): string {
  return basename(path).replace(/\.html$/i, '');
}

function pairs(option: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((value) => {
      const at = value.indexOf('=');
      if (at < 1) throw new Error(`study: ${option} is not of the form name=value, got ${value}`);
      return [value.slice(0, at), value.slice(at + 1)];
    }),
  );
}
