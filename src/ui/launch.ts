/**
 * How the address says what to open: `#/notebook/NAME` for a person's links and reloads,
 * `?notebook=NAME&profile=quick|full&set.NAME=VALUE` for the headless runner and shared settings.
 */

export type Profile = 'quick' | 'full';

export interface Launch {
  /** Notebook id, or null to restore the last one. */
  readonly notebook: string | null;
  readonly profile: Profile | null;
  /** Values for the notebook's named settings, as written in the address. */
  readonly settings: Readonly<Record<string, string>>;
}

const HASH = /^#\/notebook\/([^/?#]+)$/;

/**
 * Read an address. The hash wins over the query, since it is what navigation changes.
 * @throws RangeError for a profile that is neither quick nor full.
 */
export function readLaunch(address: URL): Launch {
  const query = address.searchParams;
  const profile = query.get('profile');
  if (profile !== null && profile !== 'quick' && profile !== 'full')
    throw new RangeError(`address: unknown profile, got ${profile}, expected quick or full`);
  const settings = [...query].filter(([name]) => name.startsWith('set.') && name.length > 4);
  return {
    notebook: notebookOfHash(address.hash) ?? query.get('notebook'),
    profile,
    settings: Object.fromEntries(settings.map(([name, value]) => [name.slice(4), value])),
  };
}

/** The notebook a hash names, or null for any other hash, a malformed one included. */
export function notebookOfHash(hash: string): string | null {
  const encoded = HASH.exec(hash)?.[1];
  if (encoded === undefined) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null; // `%` followed by anything but two hex digits
  }
}

export function hashOfNotebook(id: string): string {
  return `#/notebook/${encodeURIComponent(id)}`;
}
