/** Cells become functions: what they need, what they give, and errors in plain words at the right place. */
import { describe, expect, it } from 'vitest';
import { CellSyntaxError } from '../../src/notebook/cell-syntax-error.ts';
import { transpile } from '../../src/notebook/transpile.ts';

const inputs = (source: string) => transpile(source).inputs;
async function evaluated(
  source: string,
  values: Record<string, unknown> = {},
  kind: 'js' | 'ts' = 'js',
): Promise<unknown> {
  const cell = transpile(source, kind);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- running transpiled cells is what is tested
  const run = new Function(...cell.inputs, `return (async () => {${cell.body}})()`) as (
    ...inputs: unknown[]
  ) => Promise<unknown>;
  return run(...cell.inputs.map((name) => values[name]));
}

describe('transpile', () => {
  it.each([
    ['1 + 1', {}, 2],
    ['// a comment\nawait x // another', { x: 3 }, 3],
    ['({a: 1})', {}, { a: 1 }],
    [
      'const a = 1, {b, c: [d = 2, ...e]} = x',
      { x: { b: 7, c: [undefined, 4, 5] } },
      { a: 1, b: 7, d: 2, e: [4, 5] },
    ],
    [
      'function f() { return 3 }\nclass K {}\nlet z = f();',
      {},
      { f: expect.any(Function), K: expect.any(Function), z: 3 },
    ],
    ['1 + 1;', {}, {}],
    ['', {}, {}],
  ])('runs %j', async (source, values, result) => {
    expect(await evaluated(source, values)).toEqual(result);
  });

  it.each([
    ['x + y.z + y[w]', ['x', 'y', 'w']],
    ['const x = 1; x', []],
    ['xs.map((x, i) => x + i + k)', ['xs', 'k']],
    ['({x, y: z, [w]: 1})', ['x', 'z', 'w']],
    ['for (let i = 0; i < n; i++) { var late = i }\nconst a = late', ['n']],
    ['{ let hidden = 1 }\nconst b = hidden', ['hidden']],
    ['try { f() } catch ({message}) { g(message) }', ['f', 'g']],
    ['(function me(n) { return n ? me(n - 1) : arguments.length })(k)', ['k']],
    ['const f = ({a, b = c}, ...d) => a + b + d.length', ['c']],
    ['const C = class D extends B { m() { return D } }', ['B']],
    ['tag`a ${b} c`', ['tag', 'b']],
    ['label: for (;;) break label;', []],
    ['typeof q', ['q']],
    ['let x = 0; x++; x = 2; [x] = [3]; ({x} = {x: 1})', []],
    ['undefined', []],
    ['const a = b; { const b = 1 }', ['b']],
  ])('finds what %j needs', (source, names) => {
    expect(inputs(source)).toEqual(names);
  });

  it('knows an expression from a statement, even after comments', () => {
    expect(transpile('/* head */ a // tail').isExpression).toBe(true);
    expect(transpile('const a = 1').isExpression).toBe(false);
  });

  it('calls a cell expensive exactly when it uses pretrain, finetune or evaluate freely', () => {
    expect(transpile('const run = pretrain(spec)').expensive).toBe(true);
    expect(transpile('xs.map((x) => finetune(x))').expensive).toBe(true);
    expect(transpile('evaluate(1)').expensive).toBe(true);
    expect(transpile('const f = (evaluate) => evaluate(1)').expensive).toBe(false);
    expect(transpile('table.evaluate(1) // pretrain').expensive).toBe(false);
  });

  it('strips types and keeps lines', async () => {
    const source =
      'type A = {\n  n: number;\n};\nconst a: A = {n: 1};\nenum E { one = 1 }\nconst b = a.n as unknown as E satisfies E';
    expect(await evaluated(source, {}, 'ts')).toMatchObject({ a: { n: 1 }, b: 1, E: { one: 1 } });
    expect(transpile('x as number', 'ts')).toMatchObject({ isExpression: true, inputs: ['x'] });
    expect(transpile('type T = number;\n\nconst c: T = f<T>(1)', 'ts').body.split('\n').at(-2)).toContain(
      'const c',
    );
  });

  it.each([
    ['const a = (1 + \n', 2, 'the cell ends too early'],
    ['let a = 1;\n  let b = );', 2, 'did not expect `)` here'],
    ['const s = "abc', 1, 'this text in quotes is not closed'],
    ['const a = 1;\nconst a = 2', 2, '`a` is declared twice in this cell'],
    ['return 1', 1, 'a cell cannot `return`'],
    ['import x from "y"', 1, 'a cell cannot import'],
    ['const y = await import("y")', 1, 'a cell cannot import'],
    ['export const a = 1', 1, 'a cell needs no export'],
    ['\nother = 5', 2, '`other` is assigned but not declared in this cell'],
    ['count++', 1, '`count` is assigned but not declared in this cell'],
    ['for (k of [1]) {}', 1, '`k` is assigned'],
    ['const f = () => { await x }', 1, 'needs its function to be `async`'],
  ])('explains %j', (source, line, message) => {
    let error: unknown;
    try {
      transpile(source);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(CellSyntaxError);
    expect((error as CellSyntaxError).line).toBe(line);
    expect((error as CellSyntaxError).message).toContain(message);
  });

  it('places errors of TypeScript cells too', () => {
    expect(() => transpile('const a: = 1', 'ts')).toThrow(CellSyntaxError);
    expect(() => transpile('interface A {\n  b: number\n', 'ts')).toThrow(CellSyntaxError);
  });
});
