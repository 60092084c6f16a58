/** Other forms of notebook files: .ipynb, Markdown, one self-contained HTML. */
import { describe, expect, it } from 'vitest';
import { NotebookFormatError } from '../../src/notebook/format.ts';
import { fromIpynb, toIpynb } from '../../src/notebook/ipynb.ts';
import { fromMarkdown, toMarkdown } from '../../src/notebook/markdown-file.ts';
import { formOfName, notebookForms } from '../../src/notebook/notebook-file.ts';
import { toNotebook } from '../../src/notebook/notebook.ts';
import { toStandaloneHtml } from '../../src/notebook/standalone-html.ts';

const notebook = toNotebook({
  title: 'A study',
  cells: [
    { kind: 'md', source: '# A study\n\nwith `code`' },
    { kind: 'js', source: 'const a = `x`;\n\n// ```js\n' },
    { kind: 'ts', source: 'const b: number = 1;' },
    { kind: 'md', source: 'one' },
    { kind: 'md', source: 'two\n\n~~~python\nprint(1)\n~~~' },
  ],
});

describe('the form of a file', () => {
  it.each([
    ['study.html', 'html'],
    ['STUDY.HTM', 'html'],
    ['a.b.ipynb', 'ipynb'],
    ['readme.md', 'md'],
    ['notes.markdown', 'md'],
    ['corpus.jsonl', null],
    ['md', null],
  ])('of %s is %s', (name, form) => {
    expect(formOfName(name)).toBe(form);
  });

  it.each(['ipynb', 'md'] as const)('%s gives the cells back', (form) => {
    const { read, write } = notebookForms[form];
    expect(read(write(notebook)).cells).toEqual(notebook.cells);
  });
});

describe('.ipynb', () => {
  it('comes back as it was, unknown kinds too', () => {
    const whole = toNotebook({
      ...notebook,
      cells: [...notebook.cells, { type: 'application/sql', source: 'SELECT 1' }],
    });
    expect(fromIpynb(toIpynb(whole))).toEqual(whole);
  });

  it('is valid Jupyter: version, ids, sources in lines, no outputs', () => {
    const file = JSON.parse(toIpynb(notebook)) as { cells: { id: string }[] };
    expect(file).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
    expect(file.cells[1]).toMatchObject({
      cell_type: 'code',
      outputs: [],
      execution_count: null,
      source: ['const a = `x`;\n', '\n', '// ```js\n'],
    });
    expect(new Set(file.cells.map(({ id }) => id)).size).toBe(5);
  });

  it('keeps Python cells without running them', () => {
    const text = JSON.stringify({
      nbformat: 4,
      metadata: { language_info: { name: 'Python' } },
      cells: [{ cell_type: 'code', source: ['import os'], metadata: {} }],
    });
    expect(fromIpynb(text).cells[0]).toMatchObject({
      kind: 'unsupported',
      type: 'text/x-python',
      source: 'import os',
    });
  });

  it.each([
    ['', /not JSON/],
    ['{"nbformat": 3}', /nbformat: this version/],
    ['{"nbformat": 4, "cells": [{}]}', /cells\.0\.cell_type/],
    ['null', /not a Jupyter notebook/],
  ])('refuses %j', (text, message) => {
    expect(() => fromIpynb(text)).toThrow(NotebookFormatError);
    expect(() => fromIpynb(text)).toThrow(message);
  });
});

describe('Markdown', () => {
  it('comes back as it was', () => {
    expect(fromMarkdown(toMarkdown(notebook)).cells.map(({ kind, source }) => [kind, source])).toEqual(
      notebook.cells.map(({ kind, source }) => [kind, source]),
    );
  });

  it('reads any text, unclosed blocks too', () => {
    expect(fromMarkdown('hello\n```js\nlet a').cells.map(({ kind, source }) => [kind, source])).toEqual([
      ['md', 'hello'],
      ['js', 'let a'],
    ]);
    expect(fromMarkdown('').cells).toEqual([]);
  });
});

describe('the self-contained HTML', () => {
  it('escapes code and title, allows no script and holds the outputs', () => {
    const hostile = toNotebook({
      title: '</title><script>x()</script>',
      cells: [{ id: 1, source: '</pre><script>y()</script>' }],
    });
    const html = toStandaloneHtml(hostile, new Map([[1, '<svg></svg>']]), (source) => source);
    expect(html).not.toMatch(/<script/);
    expect(html).toContain("default-src 'none'");
    expect(html).toContain('<svg></svg>');
  });
});
