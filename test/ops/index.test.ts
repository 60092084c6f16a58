import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as operations from '../../src/ops/index.ts';

const folder = new URL('../../src/ops/', import.meta.url);
const sources = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));

/** Functions that take the graph first, less those that make constants. */
const declared = sources
  .flatMap((source) => [...source.matchAll(/^export function (\w+)\(\s*graph: Graph,/gm)])
  .map((match) => match[1]!)
  .filter((name) => !['filled', 'rotaryTables', 'sharedConstant'].includes(name));

describe('src/ops/index.ts', () => {
  it('lists every operation', () => {
    const listed = Object.entries(operations).flatMap(([name, value]) =>
      typeof value === 'function' ? [name] : [],
    );
    expect(declared.length).toBeGreaterThan(25);
    expect([...listed].sort()).toEqual([...declared].sort());
  });
});
