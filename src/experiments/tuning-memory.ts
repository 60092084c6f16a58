/** What was measured on an adapter, kept for it: the times of kernel variants, and its ceilings. */
import { z } from 'zod';
import type { Database } from '../checkpoints/database.ts';
import { cached } from '../checkpoints/records.ts';
import type { Gpu } from '../gpu/device.ts';
import type { Ceilings } from '../performance/ceilings.ts';
import { kernelsVersion } from '../performance/kernels-version.ts';
import type { Tuning } from '../performance/tuner.ts';

const tuningSchema = z.record(
  z.string(),
  z.object({
    chosen: z.string(),
    fallback: z.string(),
    candidates: z.array(z.object({ name: z.string(), milliseconds: z.number().nullable() })),
  }),
);
const ceilingsSchema = z.object({
  arithmetic: z.number().positive(),
  matmul: z.number().positive(),
  matmulKernel: z.string(),
  bandwidth: z.number().positive(),
  timer: z.enum(['timestamps', 'clock']),
});

/** Adapter, driver and browser: a new version of either may run the same kernel in another time. */
export function adapterIdentity(
  { adapter: { vendor, architecture, name } }: Gpu,
  userAgent = (globalThis.navigator as { userAgent?: string } | undefined)?.userAgent ?? '',
): string {
  const browser = /(?:Edg|Chrome|Firefox|Version)\/(\d+)/.exec(userAgent)?.[0] ?? 'no browser';
  return [vendor, architecture, name, browser].filter(Boolean).join(' · ');
}

export class TuningMemory {
  constructor(private readonly database: Database) {}

  /** What is known of the variants on this adapter. */
  tuning(gpu: Gpu): Promise<Tuning> {
    return cached(
      this.database,
      this.key(gpu),
      (value) => tuningSchema.parse(value),
      () => Promise.resolve({}),
    );
  }

  /** Adds to what is known. */
  async add(gpu: Gpu, tuning: Tuning): Promise<void> {
    await this.database.put('cache', { ...(await this.tuning(gpu)), ...tuning }, this.key(gpu));
  }

  /** The adapter's ceilings; `measure` is called where they are not known. */
  ceilings(gpu: Gpu, measure: () => Promise<Ceilings>): Promise<Ceilings> {
    const key = `ceilings ${kernelsVersion} ${adapterIdentity(gpu)}`;
    return cached(this.database, key, (value) => ceilingsSchema.parse(value), measure);
  }

  private key(gpu: Gpu): string {
    return `tuning ${kernelsVersion} ${adapterIdentity(gpu)}`;
  }
}
