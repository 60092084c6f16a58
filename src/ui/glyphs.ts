/** Line glyphs on a 16-unit grid, drawn here; always beside or inside a control that has a name in words. */
import { svg } from 'lit';
import type { SVGTemplateResult } from 'lit';

const glyph = (path: SVGTemplateResult): SVGTemplateResult =>
  svg`<svg class="glyph" viewBox="0 0 16 16" aria-hidden="true">${path}</svg>`;

export const glyphs = {
  sidebar: glyph(svg`<rect x="2" y="3" width="12" height="10" rx="1.5"/><path d="M6.5 3v10"/>`),
  play: glyph(svg`<path d="M5 3.2v9.6l7.5-4.8z"/>`),
  stop: glyph(svg`<rect x="4" y="4" width="8" height="8" rx="1"/>`),
  pause: glyph(svg`<path d="M5.5 3.5v9M10.5 3.5v9"/>`),
  step: glyph(svg`<path d="M4 3.5v9l6-4.5zM12 3.5v9"/>`),
  more: glyph(svg`<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.4"/>`),
  plus: glyph(svg`<path d="M8 3v10M3 8h10"/>`),
  close: glyph(svg`<path d="M4 4l8 8M12 4l-8 8"/>`),
  chevron: glyph(svg`<path d="M6 4l4 4-4 4"/>`),
  export: glyph(svg`<path d="M8 10V2.5M5 5l3-3 3 3M3 9.5v4h10v-4"/>`),
  command: glyph(svg`<path d="M3 5l3 3-3 3M8 11.5h5"/>`),
  theme: glyph(
    svg`<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11a5.5 5.5 0 0 0 0-11z" fill="currentColor"/>`,
  ),
  warning: glyph(svg`<path d="M8 2.5l6 11H2zM8 7v3M8 12h.01"/>`),
  sortUp: glyph(svg`<path d="M5 9.5l3-3 3 3"/>`),
  sortDown: glyph(svg`<path d="M5 6.5l3 3 3-3"/>`),
} as const;
