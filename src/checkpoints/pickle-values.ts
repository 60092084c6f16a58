/** What a pickle holds that JSON does not, and who decides what becomes of it. Its dicts are Maps. */

/** A callable or class that the pickle names. Nothing but a name, until the host makes something of it. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

export class PickleTuple {
  constructor(readonly items: readonly unknown[]) {}
}

export interface PickleHost {
  /** The file's name, for errors. */
  readonly file: string;
  /** Called for every global that is named. Must throw for what is not on its list. */
  allow(name: string): void;
  /** The value of `callable(*args)`. */
  call(callable: PickleGlobal, args: readonly unknown[]): unknown;
  /** The value of a persistent id, by which torch names a storage. */
  load(id: unknown): unknown;
}
