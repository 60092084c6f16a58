/** What every benchmark is told. */
import { peers, type PeerName } from './contestants/index.ts';
import type { WorkName } from './work.ts';

export interface BenchOptions {
  readonly work: WorkName;
  readonly peers: readonly PeerName[];
  /** Timed steps, or rounds, of the fast ones. */
  readonly steps: number;
  /** About how long each peer may take; a slow one takes part in fewer rounds, at least three. */
  readonly seconds: number;
  /** MiB of the file that is imported. */
  readonly size: number;
}

export const allPeers = Object.keys(peers) as PeerName[];
