/** What storage and weight files can fail with, as classes, for callers that act on the kind of failure. */

/** Stored bytes are not what was stored. The checkpoint cannot be used; another one of the run may be. */
export class CorruptDataError extends Error {
  override readonly name: string = 'CorruptDataError';
}

/** A shard is missing or does not match its hash. */
export class CorruptShardError extends CorruptDataError {
  override readonly name = 'CorruptShardError';

  /** @param shard the shard's address: SHA-256, hex */
  constructor(
    readonly shard: string,
    got: string,
  ) {
    super(
      `readShard: shard ${shard} is damaged, got ${got}, expected bytes with this SHA-256; ` +
        `go back to another checkpoint, or run or import this one again, which rewrites the shard`,
    );
  }
}

/** A checkpoint's manifest does not have the stored form or does not match its digest. */
export class CorruptManifestError extends CorruptDataError {
  override readonly name = 'CorruptManifestError';

  constructor(
    readonly run: string,
    readonly step: number,
    problem: string,
  ) {
    super(
      `readManifest: the manifest of checkpoint ${run}@${step} is damaged: ${problem}; ` +
        `go back to another checkpoint, or run or import this one again, which rewrites it`,
    );
  }
}

/** The browser refuses to store more. Nothing of what was being written remains. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';

  /**
   * @param needed bytes that were to be written
   * @param available bytes the browser still grants; null where it does not say
   */
  constructor(
    operation: string,
    readonly needed: number,
    readonly available: number | null,
    cause?: unknown,
  ) {
    const got = available === null ? 'an unknown number' : `${available}`;
    super(
      `${operation}: this browser's storage is full, got ${got} bytes available, expected at least ${needed}; ` +
        `delete runs that are no longer needed, keep fewer checkpoints, or free disk space, then resume`,
      { cause },
    );
  }
}

/** A weight file that is not what it claims to be. Names the file and, where there is one, the tensor. */
export class WeightFileError extends Error {
  override readonly name: string = 'WeightFileError';

  /** @param tensor null when the fault is not in one tensor */
  constructor(
    readonly file: string,
    readonly tensor: string | null,
    problem: string,
    cause?: unknown,
  ) {
    super(tensor === null ? `${file}: ${problem}` : `${file}: tensor ${JSON.stringify(tensor)}: ${problem}`, {
      cause,
    });
  }
}

/** A pickle that asks for anything but tensors. It was not run: nothing in it ever is. */
export class UnsafePickleError extends WeightFileError {
  override readonly name = 'UnsafePickleError';

  /** @param callable what the file asked for, as `module.name` */
  constructor(
    file: string,
    readonly callable: string,
  ) {
    super(
      file,
      null,
      `the pickle asks for ${JSON.stringify(callable)}, expected only what builds tensors; ` +
        `do not trust this file: convert it to safetensors where its author is trusted`,
    );
  }
}
