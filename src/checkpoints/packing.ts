/**
 * Tensors → shards. A large tensor gets shards of its own, so that checkpoints that share the tensor share its bytes;
 * small ones fill a shard together, in the order given. The same tensors in the same order give the same shards.
 */
import { BufferPool } from './buffer-pool.ts';
import type { TensorEntry } from './manifest.ts';
import type { PendingWrite } from './pending-write.ts';
import { maxShardBytes } from './shards.ts';
import { wrongLength, type Bytes, type TensorSource } from './tensor-source.ts';
import type { Placement, Section } from './write-notes.ts';

/** Tensors from this size on are not packed with others. */
export const ownShardBytes = 2 ** 20;

export interface PackOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of bytes read since the last call. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Streams tensors into the write's shards and returns their manifest entries, in the order given. What an
 * interrupted write of the same id had stored is not read again. While a shard is read or downloaded,
 * those before it are being hashed and written.
 */
export async function packTensors(
  write: PendingWrite,
  section: Section,
  sources: readonly TensorSource[],
  options: PackOptions = {},
): Promise<TensorEntry[]> {
  const names = new Set<string>();
  for (const { name } of sources) {
    if (names.has(name))
      throw new TypeError(`saveCheckpoint: ${section} holds ${name} twice, expected it once`);
    names.add(name);
  }
  const small = sources.filter(({ byteLength }) => byteLength < ownShardBytes);
  const smallBytes = small.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const packer = new Packer(write, section, options, Math.min(maxShardBytes, smallBytes));
  try {
    for (const source of sources) await packer.add(source);
    await packer.flush();
  } finally {
    await packer.settle();
  }
  return sources.map(({ name, dtype, shape }) => ({
    name,
    dtype,
    shape: [...shape],
    parts: packer.partsOf(name),
  }));
}

class Packer {
  /** By tensor name. */
  readonly #placements = new Map<string, Placement[]>();
  /** Collects small tensors, shard after shard. */
  #shared: Bytes | null = null;
  #sharedFilled = 0;
  /** For large tensors. */
  readonly #buffers = new BufferPool();
  /** The last shard, until its bytes are needed no longer. */
  #handing: Promise<readonly Placement[]> = Promise.resolve([]);
  #sharedContents: Omit<Placement, 'shard'>[] = [];

  constructor(
    private readonly write: PendingWrite,
    private readonly section: Section,
    private readonly options: PackOptions,
    private readonly sharedSize: number,
  ) {
    this.#note(write.restored.filter((placement) => placement.section === section));
  }

  partsOf(name: string): TensorEntry['parts'] {
    const placements = this.#placements.get(name) ?? [];
    return placements.map(({ shard, offset, length }) => ({ shard, offset, length }));
  }

  async add(source: TensorSource): Promise<void> {
    const stored = (this.#placements.get(source.name) ?? []).reduce((sum, { length }) => sum + length, 0);
    this.options.onBytes?.(stored);
    if (stored === source.byteLength) return;
    if (source.byteLength < ownShardBytes) await this.#addShared(source);
    else await this.#addOwn(source, stored);
  }

  /** Stores the shard of small tensors, full or not. */
  async flush(): Promise<void> {
    if (this.#shared !== null && this.#sharedFilled > 0) {
      const contents = this.#sharedContents;
      this.#sharedContents = [];
      await this.#handOver(this.#shared.subarray(0, this.#sharedFilled), contents);
      this.#sharedFilled = 0;
    }
    await this.#handedOver();
  }

  /** Waits for the last shard, whether it is stored or not. */
  async settle(): Promise<void> {
    await this.#handing.catch(() => {
      // Thrown by what handed it over, or what follows it.
    });
  }

  /** Resolves when the bytes may be overwritten. */
  async #handOver(shard: Bytes, contents: readonly Omit<Placement, 'shard'>[], part?: Blob): Promise<void> {
    await this.#handedOver();
    this.#handing = this.write.put(shard, contents, part);
    // Thrown where it is awaited.
    this.#handing.catch(() => {});
    // Hashing begins with a copy. Where a part of a file is stored, the bytes are then needed no longer, and the next
    // are read meanwhile; else a second buffer would gain little, for what is downloaded arrives anyway.
    if (!part) await this.#handedOver();
  }

  async #handedOver(): Promise<void> {
    this.#note(await this.#handing);
    this.#handing = Promise.resolve([]);
  }

  async #addShared(source: TensorSource): Promise<void> {
    if (this.#sharedFilled + source.byteLength > maxShardBytes) await this.flush();
    const shared = (this.#shared ??= new Uint8Array(this.sharedSize));
    const offset = this.#sharedFilled;
    const length = source.byteLength;
    const target = shared.subarray(offset, offset + length);
    let filled = 0;
    for await (const piece of this.#pieces(source, 0)) {
      target.set(piece, filled);
      filled += piece.length;
    }
    this.#sharedFilled += length;
    this.#sharedContents.push({ section: this.section, name: source.name, start: 0, offset, length });
  }

  async #addOwn(source: TensorSource, from: number): Promise<void> {
    let start = from;
    let filled = 0;
    // IndexedDB stores whole buffers; bytes for which a part of a file is stored are only hashed.
    const next = (): Bytes => {
      const length = Math.min(maxShardBytes, source.byteLength - start);
      const size = source.filePart ? maxShardBytes : length;
      return new Uint8Array(this.#buffers.take(size), 0, length);
    };
    let shard = next();
    for await (const piece of this.#pieces(source, from)) {
      for (let taken = 0; taken < piece.length;) {
        const part = piece.subarray(taken, taken + shard.length - filled);
        shard.set(part, filled);
        filled += part.length;
        taken += part.length;
        if (filled < shard.length) continue;
        const content = { section: this.section, name: source.name, start, offset: 0, length: filled };
        await this.#handOver(shard, [content], await source.filePart?.(start, start + filled));
        this.#buffers.give(shard.buffer);
        start += filled;
        filled = 0;
        if (start < source.byteLength) shard = next();
      }
    }
  }

  /** A source's pieces: cancellable, counted, and exactly as many bytes as it promised. */
  async *#pieces(source: TensorSource, from: number): AsyncGenerator<Uint8Array> {
    let position = from;
    for await (const piece of source.read(from)) {
      this.options.signal?.throwIfAborted();
      position += piece.length;
      if (position > source.byteLength) throw wrongLength(source, position);
      yield piece;
      this.options.onBytes?.(piece.length);
    }
    if (position !== source.byteLength) throw wrongLength(source, position);
  }

  #note(placements: readonly Placement[]): void {
    for (const placement of placements) {
      const known = this.#placements.get(placement.name);
      if (known) known.push(placement);
      else this.#placements.set(placement.name, [placement]);
    }
  }
}
