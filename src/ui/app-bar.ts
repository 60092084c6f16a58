/** The bar above the notebook: its title, Run all, Stop, and what concerns the whole. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { shortcuts } from './app-commands.ts';
import { tooltip } from './command.ts';
import type { Command } from './command.ts';
import { glyphs } from './glyphs.ts';
import './menu-button.ts';
import type { MenuItem } from './menu-button.ts';
import type { Session } from './session.ts';
import { ariaShortcut } from './shortcut.ts';

interface BarOptions {
  /** Whether the sidebar is shown. */
  readonly sidebar: boolean;
  /** Go past all this to the notebook. */
  readonly skip: () => void;
}

export function renderBar(
  session: Session,
  commands: readonly Command[],
  { sidebar, skip }: BarOptions,
): TemplateResult {
  const command = (shortcut: string): Command => commands.find((each) => each.shortcut === shortcut)!;
  const running = session.running.value;
  const title = session.open.value?.title ?? 'amuro';
  return html`<header>
    <button class="skip" @click=${skip}>Skip to the notebook</button>
    ${iconButton(glyphs.sidebar, 'Sidebar', command(shortcuts.sidebar), sidebar)}
    <h1 title=${title}>${title}</h1>
    <span class="saved soft" role="status">${saveText(session)}</span>
    <span class="space"></span>
    ${wordButton(glyphs.play, 'Run all', 'Run all cells, first to last', command(shortcuts.runAll), running)}
    ${wordButton(glyphs.stop, 'Stop', 'Stop what runs', command(shortcuts.stop), !running)}
    <menu-button compact label="Export" .glyph=${glyphs.export} .items=${exportItems(commands)}></menu-button>
    ${iconButton(glyphs.theme, 'Theme', command(shortcuts.theme))}
    ${iconButton(glyphs.command, 'Commands', command(shortcuts.palette))}
  </header>`;
}

function wordButton(
  glyph: unknown,
  name: string,
  what: string,
  { shortcut, enabled, run }: Command,
  disabled: boolean,
) {
  return html`<button
    class="word ${name === 'Run all' ? 'primary' : ''}"
    aria-label=${name}
    title=${tooltip(what, shortcut)}
    aria-keyshortcuts=${ariaShortcut(shortcut!)}
    ?disabled=${enabled === false || disabled}
    @click=${run}
  >
    ${glyph}<span class="wide">${name}</span>
  </button>`;
}

function iconButton(glyph: unknown, name: string, { shortcut, run }: Command, expanded?: boolean) {
  return html`<button
    class="quiet icon ${name.toLowerCase()}"
    aria-label=${name}
    title=${tooltip(name, shortcut)}
    aria-keyshortcuts=${ariaShortcut(shortcut!)}
    aria-expanded=${expanded ?? nothing}
    aria-controls=${expanded === undefined ? nothing : 'sidebar'}
    @click=${run}
  >
    ${glyph}
  </button>`;
}

function saveText({ readOnly, autosave }: Session): string {
  if (readOnly) return 'read only';
  const saving = autosave.state.value;
  if (saving.state === 'failed') return `not saved: ${saving.message}`;
  return { saved: '', unsaved: 'editing…', saving: 'saving…' }[saving.state];
}

function exportItems(commands: readonly Command[]): readonly MenuItem[] {
  return commands
    .filter(({ name }) => name.startsWith('Export '))
    .map(({ name, enabled = true, run }) => {
      const text = name.slice('Export '.length);
      return { name: text[0]!.toUpperCase() + text.slice(1), disabled: !enabled, run };
    });
}
