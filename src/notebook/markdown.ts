/** Markdown with mathematics to HTML that is safe to show: raw HTML is text, and what is rendered is sanitised too. */
import { katex } from '@mdit/plugin-katex';
import DOMPurify from 'dompurify';
import MarkdownIt from 'markdown-it';

/** MathML needs no fonts and no style sheet, and screen readers read it. */
const markdown = new MarkdownIt({ html: false, linkify: true, typographer: false }).use(katex, {
  output: 'mathml',
  throwOnError: false,
});

/** HTML of a Markdown text. Links open outside of the notebook; images other than `data:` are dropped. */
export function renderMarkdown(source: string): string {
  return DOMPurify.sanitize(markdown.render(source), {
    USE_PROFILES: { html: true, mathMl: true },
    ADD_TAGS: ['annotation', 'semantics'],
    FORBID_TAGS: ['form', 'input', 'style'],
    FORBID_ATTR: ['style', 'id', 'name'],
  });
}
