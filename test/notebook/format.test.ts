// @vitest-environment jsdom
/** The notebook file: what is written is what is read, whatever the cells hold, and reading runs nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deserialize, NotebookFormatError, serialize } from '../../src/notebook/format.ts';
import { toNotebook, type CellSpec } from '../../src/notebook/notebook.ts';

const read = (text: string) => deserialize(text);

const fragments = fc.constantFrom(
  ...[
    '</script>',
    '<\\/script>',
    '<script>',
    '<script ',
    '<!--',
    '<\\!--',
    '-->',
    '</SCRIPT/',
    '&lt;',
    '\n',
    '    ',
    '  \n',
    '`',
    'é😀',
  ],
);
const source = fc
  .array(fc.oneof(fragments, fc.string({ maxLength: 5 })), { maxLength: 8 })
  .map((parts) => parts.join(''));
const cell: fc.Arbitrary<CellSpec> = fc.record({
  kind: fc.constantFrom('js', 'ts', 'md'),
  source,
  attributes: fc.constantFrom<Record<string, string>>({}, { pinned: '' }, { 'data-x': '"<&>"' }),
});

describe('the notebook file', () => {
  it('gives back any notebook as it was', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(cell, { maxLength: 4 }), (title, cells) => {
        const notebook = toNotebook({ title, cells, attributes: { theme: 'air' } });
        expect(read(serialize(notebook))).toEqual(notebook);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('writes plain, indented HTML that diffs by line', () => {
    const notebook = toNotebook({
      title: 'A < B',
      cells: [
        { id: 3, kind: 'md', source: '# Hello\n\ntext' },
        { id: 7, kind: 'ts', source: 'const a: number = 1;' },
      ],
    });
    expect(serialize(notebook)).toBe(`<!doctype html>
<notebook>
  <title>A &lt; B</title>
  <script id="3" type="text/markdown">
    # Hello

    text
  </script>
  <script id="7" type="text/x-typescript">
    const a: number = 1;
  </script>
</notebook>
`);
  });

  it('keeps cells of kinds it does not know, with their attributes, and runs none', () => {
    const text = serialize(
      read(
        '<notebook><title>t</title><script id=4 type="application/sql" database="d">\n    SELECT 1\n</script></notebook>',
      ),
    );
    expect(text).toContain('<script id="4" type="application/sql" database="d">\n    SELECT 1\n  </script>');
    expect(read(text).cells[0]).toMatchObject({
      id: 4,
      kind: 'unsupported',
      type: 'application/sql',
      source: 'SELECT 1',
    });
  });

  it('gives every cell an id of its own when ids are missing, repeated or impossible', () => {
    const ids = read(
      '<notebook><script>a</script><script id="2">b</script><script id="2">c</script><script id="-1">d</script><script id="1e99">e</script></notebook>',
    ).cells.map(({ id }) => id);
    expect(ids[1]).toBe(2);
    expect(new Set(ids).size).toBe(5);
  });

  it('reads hand-written files without line breaks, and Windows line ends', () => {
    const { cells, title } = read(
      '<notebook><title> T </title><script type="">1 + 1</script><script>\r\n    a\r\n      b\r\n</script></notebook>',
    );
    expect(title).toBe('T');
    expect(cells.map((each) => each.source)).toEqual(['1 + 1', 'a\n  b']);
    expect(cells[0]!.kind).toBe('js');
  });

  it('runs nothing while reading', () => {
    (globalThis as { ran?: boolean }).ran = false;
    read(
      '<notebook><script>window.ran = true; parent.ran = true</script><img src=x onerror="ran = true"></notebook>',
    );
    expect((globalThis as { ran?: boolean }).ran).toBe(false);
  });

  it.each([
    ['', /no <notebook> element, got a file that starts with ""/],
    ['%PDF-1.7 …', /starts with "%PDF-1.7 …"/],
    ['{"cells": []}', /no <notebook> element/],
    ['<html><script>1</script></html>', /no <notebook> element/],
    ['x'.repeat(20_000_001), /too large, got 20000001 characters/],
    [`<notebook>${'<script></script>'.repeat(5001)}`, /got 5001 cells, expected at most 5000/],
  ])('refuses %.30s… in plain words', (text, message) => {
    expect(() => read(text)).toThrow(NotebookFormatError);
    expect(() => read(text)).toThrow(message);
  });
});
