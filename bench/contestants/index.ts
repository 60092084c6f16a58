/** Every peer, by the name `--peer` takes. */
import type { Start } from './contestant.ts';
import { startJax } from './jax.ts';
import { startTfjs } from './tfjs.ts';
import { startTorch } from './torch.ts';

export const peers = {
  tfjs: startTfjs,
  'jax-js': startJax,
  torch: (work) => startTorch(work, false),
  'torch-compiled': (work) => startTorch(work, true),
} as const satisfies Readonly<Record<string, Start>>;

export type PeerName = keyof typeof peers;
