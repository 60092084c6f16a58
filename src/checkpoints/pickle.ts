/**
 * A reader of the pickles that torch.save writes. A pickle is a program; this one can only build numbers, strings,
 * tuples, lists and dicts. Whatever names a callable goes to `PickleHost`, which knows a fixed list and refuses all
 * else, so no file can make anything happen. Opcodes: CPython's Lib/pickletools.py, protocols 2 to 5.
 */
import { WeightFileError } from './errors.ts';
import { PickleCursor } from './pickle-cursor.ts';
import { PickleGlobal, PickleTuple, type PickleHost } from './pickle-values.ts';

const longestShownKey = 200;
/** Marks on the stack. A symbol can come from no opcode but MARK. */
const mark = Symbol('mark');

/**
 * Runs the pickle and returns what it leaves. Work and memory are bounded by its length: no opcode pushes more than
 * one value.
 * @throws WeightFileError when it is damaged or uses an opcode that torch.save does not write
 */
export function readPickle(bytes: Uint8Array, host: PickleHost): unknown {
  return new PickleReader(new PickleCursor(bytes, host.file), host).run();
}

class PickleReader {
  readonly #memo = new Map<number, unknown>();
  #stack: unknown[] = [];

  constructor(
    readonly input: PickleCursor,
    private readonly host: PickleHost,
  ) {}

  run(): unknown {
    for (;;) {
      const opcode = this.input.integer(1);
      if (opcode === 0x2e) return this.#pop();
      const operation = operations[opcode];
      if (!operation) throw this.fault(`unknown opcode 0x${opcode.toString(16)}`);
      operation(this);
    }
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  global(name: string): void {
    this.host.allow(name);
    this.push(new PickleGlobal(name));
  }

  stackGlobal(): void {
    const [module, name] = this.#popMany(2);
    if (typeof module !== 'string' || typeof name !== 'string') throw this.fault('a global without a name');
    this.global(`${module}.${name}`);
  }

  memoize(index: number): void {
    this.#memo.set(index, this.#top());
  }

  memoizeNext(): void {
    this.memoize(this.#memo.size);
  }

  recall(index: number): void {
    if (!this.#memo.has(index)) throw this.fault(`no value ${index} in its memo`);
    this.push(this.#memo.get(index));
  }

  tuple(length: number): void {
    this.push(new PickleTuple(this.#popMany(length)));
  }

  tupleFromMark(): void {
    this.push(new PickleTuple(this.#popToMark()));
  }

  setItems(items: readonly unknown[]): void {
    const target = this.#top();
    if (!(target instanceof Map) || items.length % 2 !== 0)
      throw this.fault('it sets items of what is no dict');
    for (let index = 0; index < items.length; index += 2) {
      if (target.has(items[index])) throw this.#repeated(items[index]);
      target.set(items[index], items[index + 1]);
    }
  }

  setItem(): void {
    this.setItems(this.#popMany(2));
  }

  setItemsFromMark(): void {
    this.setItems(this.#popToMark());
  }

  append(items: readonly unknown[]): void {
    const target = this.#top();
    if (!Array.isArray(target)) throw this.fault('it appends to what is no list');
    for (const item of items) target.push(item);
  }

  appendOne(): void {
    this.append(this.#popMany(1));
  }

  appendFromMark(): void {
    this.append(this.#popToMark());
  }

  mark(): void {
    this.push(mark);
  }

  persistentId(): void {
    this.push(this.host.load(this.#pop()));
  }

  reduce(): void {
    const [callable, args] = this.#popMany(2);
    if (!(callable instanceof PickleGlobal) || !(args instanceof PickleTuple)) {
      throw this.fault('it calls what is no callable');
    }
    this.push(this.host.call(callable, args.items));
  }

  /** BUILD sets attributes; torch gives a state dict its `_metadata`, which says nothing about tensors. */
  build(): void {
    this.#pop();
    if (!(this.#top() instanceof Map)) throw this.fault('it sets the state of what is no dict');
  }

  fault(problem: string): WeightFileError {
    return this.input.fault(problem);
  }

  /** No dict of Python's has a key twice: which of the two values a reader takes would be its own affair. */
  #repeated(key: unknown): WeightFileError {
    if (typeof key !== 'string')
      return this.fault(`it sets ${typeof key === 'number' ? key : 'a key'} twice in one dict`);
    return new WeightFileError(this.host.file, key.slice(0, longestShownKey), 'stands twice in the pickle');
  }

  #top(): unknown {
    const value = this.#stack.at(-1);
    if (this.#stack.length === 0 || value === mark) throw this.fault('its stack is empty');
    return value;
  }

  #pop(): unknown {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMany(count: number): unknown[] {
    const values = Array.from({ length: count }, () => this.#pop());
    return values.reverse();
  }

  #popToMark(): unknown[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw this.fault('a mark is missing');
    return this.#stack.splice(at).slice(1);
  }
}

/** What each opcode does. STOP (0x2e) ends `run`. */
const operations: Readonly<Record<number, (reader: PickleReader) => void>> = {
  0x80: (reader) => reader.input.integer(1), // PROTO
  0x95: (reader) => reader.input.integer(8), // FRAME
  0x28: (reader) => reader.mark(), // MARK
  0x4e: (reader) => reader.push(null), // NONE
  0x88: (reader) => reader.push(true), // NEWTRUE
  0x89: (reader) => reader.push(false), // NEWFALSE
  0x4b: (reader) => reader.push(reader.input.integer(1)), // BININT1
  0x4d: (reader) => reader.push(reader.input.integer(2)), // BININT2
  0x4a: (reader) => reader.push(reader.input.integer(4, true)), // BININT
  0x8a: (reader) => reader.push(reader.input.long()), // LONG1
  0x47: (reader) => reader.push(reader.input.float()), // BINFLOAT
  0x58: (reader) => reader.push(reader.input.text(reader.input.integer(4))), // BINUNICODE
  0x8c: (reader) => reader.push(reader.input.text(reader.input.integer(1))), // SHORT_BINUNICODE
  0x7d: (reader) => reader.push(new Map()), // EMPTY_DICT
  0x5d: (reader) => reader.push([]), // EMPTY_LIST
  0x29: (reader) => reader.tuple(0), // EMPTY_TUPLE
  0x85: (reader) => reader.tuple(1), // TUPLE1
  0x86: (reader) => reader.tuple(2), // TUPLE2
  0x87: (reader) => reader.tuple(3), // TUPLE3
  0x74: (reader) => reader.tupleFromMark(), // TUPLE
  0x73: (reader) => reader.setItem(), // SETITEM
  0x75: (reader) => reader.setItemsFromMark(), // SETITEMS
  0x61: (reader) => reader.appendOne(), // APPEND
  0x65: (reader) => reader.appendFromMark(), // APPENDS
  0x63: (reader) => reader.global(`${reader.input.line()}.${reader.input.line()}`), // GLOBAL
  0x93: (reader) => reader.stackGlobal(), // STACK_GLOBAL
  0x71: (reader) => reader.memoize(reader.input.integer(1)), // BINPUT
  0x72: (reader) => reader.memoize(reader.input.integer(4)), // LONG_BINPUT
  0x94: (reader) => reader.memoizeNext(), // MEMOIZE
  0x68: (reader) => reader.recall(reader.input.integer(1)), // BINGET
  0x6a: (reader) => reader.recall(reader.input.integer(4)), // LONG_BINGET
  0x51: (reader) => reader.persistentId(), // BINPERSID
  0x52: (reader) => reader.reduce(), // REDUCE
  0x62: (reader) => reader.build(), // BUILD
};
