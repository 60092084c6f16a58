/** What the import benchmark measures, and what its worker is told and answers. */

export const ours = ['file', 'hub'] as const;
/**
 * The same number of bytes put raw: as buffers of a shard's size, each in a transaction of its own, two under way; in the
 * form and number that is fastest here; and as parts of the file, which never pass through the page.
 */
export const peers = ['raw buffers', 'raw buffers ×8', 'raw file parts'] as const;
/** What an import is made of, each alone. */
export const stages = ['read', 'download', 'finite', 'copy', 'shard hash', 'file hash'] as const;

export type Ours = (typeof ours)[number];
export type Peer = (typeof peers)[number];
export type Stage = (typeof stages)[number];
export type Kind = Ours | Peer | Stage;

export interface Task {
  readonly kind: Kind;
  readonly file: File;
  readonly hub: { readonly address: string; readonly repository: string; readonly commit: string };
}

export interface Measured {
  readonly seconds: number;
  readonly bytes: number;
}
