/** <amuro-app>: the page: a quiet sidebar, the notebook in the middle, and above it only what acts on the whole. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { amuroAppStyles } from './amuro-app-styles.ts';
import { appCommands, shortcuts } from './app-commands.ts';
import { commandFor, tooltip } from './command.ts';
import type { Command } from './command.ts';
import type { CommandPalette } from './command-palette.ts';
import './command-palette.ts';
import { controlStyles } from './control-styles.ts';
import './engine-banner.ts';
import { glyphs } from './glyphs.ts';
import './menu-button.ts';
import type { MenuItem } from './menu-button.ts';
import './notice-stack.ts';
import { renderSidebar } from './app-sidebar.ts';
import type { Session } from './session.ts';
import { ariaShortcut } from './shortcut.ts';
import { StoresController } from './store.ts';
import { takeFiles } from './take-files.ts';

/** Below this width the sidebar is a drawer over the notebook. */
const NARROW = matchMedia('(max-width: 760px)');

@customElement('amuro-app')
export class AmuroApp extends LitElement {
  static override styles = [controlStyles, amuroAppStyles];

  @property({ attribute: false }) session!: Session;
  /** The notebook's frame, made by the page and shown here. */
  @property({ attribute: false }) frame!: HTMLElement;
  @state() private sidebar = !NARROW.matches;
  @state() private bannerHidden = false;
  @state() private dropping = false;
  @state() private takeOver = false;

  constructor() {
    super();
    new StoresController(this, () => {
      const { control, shelf, runs, autosave, open, outline, running } = this.session;
      return [control.status, control.storage, shelf.entries, runs.views, autosave.state, open, outline, running];
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', this.onKeyDown);
    addEventListener('dragover', this.onDragOver);
    addEventListener('dragleave', this.onDragLeave);
    addEventListener('drop', this.onDrop);
    NARROW.addEventListener('change', this.onWidth);
    this.session.onKey = (press) => commandFor(this.commands, press)?.run();
    this.session.onDrop = (files) => void takeFiles(this.session, files);
    this.session.control.status.subscribe(() => (this.bannerHidden = false));
    if (this.session.readOnly) void this.session.turn.then(() => (this.takeOver = true));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('keydown', this.onKeyDown);
    removeEventListener('dragover', this.onDragOver);
    removeEventListener('dragleave', this.onDragLeave);
    removeEventListener('drop', this.onDrop);
    NARROW.removeEventListener('change', this.onWidth);
  }

  private get commands(): readonly Command[] {
    return appCommands(this.session, {
      toggleSidebar: () => this.toggleSidebar(),
      showPalette: () => this.renderRoot.querySelector<CommandPalette>('command-palette')!.show(),
      pickFiles: (endings) => this.pickFiles(endings),
    });
  }

  override render() {
    const drawer = NARROW.matches && this.sidebar;
    return html`
      <a class="skip" href="#notebook" @click=${this.skip}>Skip to the notebook</a>
      ${this.renderBar(this.commands)}
      <div class="body">
        <nav id="sidebar" aria-label="Sidebar" ?hidden=${!this.sidebar} @keydown=${this.onSidebarKey} @click=${this.onSidebarClick}>
          ${renderSidebar(this.session, (endings) => this.pickFiles(endings))}
        </nav>
        ${drawer ? html`<div class="scrim" @click=${() => (this.sidebar = false)}></div>` : nothing}
        <main ?inert=${drawer}>
          ${this.renderBanners()}
          <div class="notebook">${this.frame}</div>
        </main>
      </div>
      <div class="drop" ?hidden=${!this.dropping}>Drop text or JSON lines to keep them as a dataset, or a notebook to open it</div>
      <notice-stack .notices=${this.session.notices}></notice-stack>
      <command-palette .commands=${this.commands}></command-palette>
      <input type="file" multiple hidden aria-label="Files" @change=${this.onPicked} />
    `;
  }

  private renderBar(commands: readonly Command[]) {
    const { session } = this;
    const byName = (name: string): Command => commands.find((command) => command.name === name)!;
    const runAll = byName('Run all cells');
    const stop = byName('Stop');
    return html`<header>
      ${this.renderIcon(glyphs.sidebar, 'Sidebar', shortcuts.sidebar, () => this.toggleSidebar(), this.sidebar)}
      <h1 title=${session.open.value?.title ?? ''}>${session.open.value?.title ?? 'amuro'}</h1>
      <span class="saved soft" role="status">${this.saveText()}</span>
      <span class="space"></span>
      <button
        class="primary"
        title=${tooltip('Run all cells, first to last', shortcuts.runAll)}
        aria-keyshortcuts=${ariaShortcut(shortcuts.runAll)}
        ?disabled=${runAll.enabled === false || session.running.value}
        @click=${() => runAll.run()}
      >
        ${glyphs.play}<span class="wide">Run all</span><span class="visually-hidden narrow">Run all</span>
      </button>
      <button
        title=${tooltip('Stop what runs', shortcuts.stop)}
        aria-keyshortcuts=${ariaShortcut(shortcuts.stop)}
        ?disabled=${!session.running.value}
        @click=${() => stop.run()}
      >
        ${glyphs.stop}<span class="wide">Stop</span><span class="visually-hidden narrow">Stop</span>
      </button>
      <menu-button compact label="Export" .glyph=${glyphs.export} .items=${exportItems(commands)}></menu-button>
      ${this.renderIcon(glyphs.theme, 'Theme', shortcuts.theme, byName('Switch theme: system, light, dark').run)}
      ${this.renderIcon(glyphs.command, 'Commands', shortcuts.palette, byName('Commands').run)}
    </header>`;
  }

  private renderIcon(glyph: unknown, name: string, shortcut: string, run: () => void, expanded?: boolean) {
    return html`<button
      class="quiet icon"
      aria-label=${name}
      title=${tooltip(name, shortcut)}
      aria-keyshortcuts=${ariaShortcut(shortcut)}
      aria-expanded=${expanded ?? nothing}
      aria-controls=${expanded === undefined ? nothing : 'sidebar'}
      @click=${run}
    >
      ${glyph}
    </button>`;
  }

  private renderBanners() {
    const { session } = this;
    const interrupted = session.readOnly ? [] : session.runs.interrupted;
    return html`
      ${session.readOnly
        ? html`<section class="banner" role="status">
            <span>amuro is open in another tab, which may train and write; this tab only reads.</span>
            ${this.takeOver
              ? html`<button class="primary" @click=${() => location.reload()}>Continue here</button>`
              : html`<span class="soft">Close that tab to continue here.</span>`}
          </section>`
        : nothing}
      ${this.bannerHidden
        ? nothing
        : html`<engine-banner
            .status=${session.control.status.value}
            @engine-restart=${() => void session.restartEngine('the person asked for a restart')}
            @engine-dismiss=${() => (this.bannerHidden = true)}
          ></engine-banner>`}
      ${interrupted.length > 0 && session.control.info
        ? html`<section class="banner" role="status">
            <span>
              ${interrupted.length === 1 ? 'One run was' : `${interrupted.length} runs were`} interrupted when the page
              closed. Everything up to the last checkpoint is kept.
            </span>
            <button
              @click=${() =>
                void session.attempt(() => Promise.all(interrupted.map(({ record }) => session.actOnRun(record.id, 'resume'))))}
            >
              Resume
            </button>
          </section>`
        : nothing}
    `;
  }

  private saveText(): string {
    if (this.session.readOnly) return 'read only';
    const saving = this.session.autosave.state.value;
    if (saving.state === 'failed') return `not saved: ${saving.message}`;
    return { saved: '', unsaved: 'editing…', saving: 'saving…' }[saving.state];
  }

  private toggleSidebar(): void {
    this.sidebar = !this.sidebar;
    if (this.sidebar && NARROW.matches)
      void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('nav a, nav button')?.focus());
  }

  private pickFiles(endings: string): void {
    const input = this.renderRoot.querySelector<HTMLInputElement>('input[type=file]')!;
    input.accept = endings;
    input.click();
  }

  private readonly onPicked = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    void takeFiles(this.session, [...(input.files ?? [])]);
    input.value = ''; // the same file may be picked again
  };

  private readonly onWidth = (): void => {
    this.sidebar = !NARROW.matches;
  };

  private readonly onSidebarKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && NARROW.matches) this.sidebar = false;
  };

  /** In a drawer, choosing a notebook or a heading is the end of the visit. */
  private readonly onSidebarClick = (event: Event): void => {
    const left = event.composedPath().some((each) => each instanceof HTMLAnchorElement);
    if (left && NARROW.matches) this.sidebar = false;
  };

  private readonly skip = (event: Event): void => {
    event.preventDefault();
    this.frame.focus();
  };

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const command = commandFor(this.commands, event);
    if (!command) return;
    event.preventDefault();
    command.run();
  };

  private readonly onDragOver = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.dropping = true;
  };

  private readonly onDragLeave = (event: DragEvent): void => {
    if (event.relatedTarget === null) this.dropping = false;
  };

  private readonly onDrop = (event: DragEvent): void => {
    this.dropping = false;
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    void takeFiles(this.session, [...event.dataTransfer.files]);
  };
}

function exportItems(commands: readonly Command[]): readonly MenuItem[] {
  return commands
    .filter(({ name }) => name.startsWith('Export '))
    .map(({ name, enabled = true, run }) => {
      const text = name.slice('Export '.length);
      return { name: text[0]!.toUpperCase() + text.slice(1), disabled: !enabled, run };
    });
}

declare global {
  interface HTMLElementTagNameMap {
    'amuro-app': AmuroApp;
  }
}
