// @vitest-environment jsdom
/** Text cells: marks and mathematics are rendered, nothing in them can run or phone home. */
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../src/notebook/markdown.ts';

const render = (source: string): HTMLElement => {
  const element = document.createElement('div');
  element.innerHTML = renderMarkdown(source);
  return element;
};

describe('renderMarkdown', () => {
  it('renders marks, tables and links', () => {
    const element = render('# Title\n\n**bold** [link](https://example.org)\n\n| a |\n|---|\n| 1 |');
    expect(element.querySelector('h1')?.textContent).toBe('Title');
    expect(element.querySelector('strong, table')).not.toBeNull();
    expect(element.querySelector('a')?.getAttribute('href')).toBe('https://example.org');
  });

  it('renders mathematics as MathML, and marks what is not mathematics', () => {
    expect(render('$\\frac{1}{N}\\sum_t x_t$').querySelector('math mfrac')).not.toBeNull();
    expect(render('$\\frac{$').textContent).toContain('frac');
  });

  it.each([
    '<script>x()</script>',
    '<img src=x onerror=x()>',
    '[a](javascript:x())',
    '<iframe src="//evil"></iframe>',
    '![a](javascript:x())',
    '<style>*{}</style>',
    '$\\href{javascript:x()}{a}$',
    '<a href="data:text/html,<script>x()</script>">a</a>',
    '$\\htmlData{onclick=x()}{a}$',
  ])('takes the teeth out of %s', (source) => {
    const element = render(source);
    expect(element.querySelector('script, iframe, style, object, embed, form')).toBeNull();
    for (const each of element.querySelectorAll('*')) {
      for (const { name, value } of each.attributes) {
        expect(name).not.toMatch(/^on/);
        expect(value).not.toMatch(/^\s*(javascript|data:text)/i);
      }
    }
  });
});
