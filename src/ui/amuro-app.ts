/** <amuro-app>: the page: a quiet sidebar, the notebook in the middle, and above it only what acts on the whole. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { amuroAppStyles } from './amuro-app-styles.ts';
import { renderBar } from './app-bar.ts';
import { appCommands } from './app-commands.ts';
import { renderSidebar } from './app-sidebar.ts';
import { commandFor } from './command.ts';
import type { Command } from './command.ts';
import type { CommandPalette } from './command-palette.ts';
import './command-palette.ts';
import { controlStyles } from './control-styles.ts';
import { readPicked } from './dropped-files.ts';
import { FileDrop } from './file-drop.ts';
import './import-dialog.ts';
import type { ImportDialog } from './import-dialog.ts';
import './notice-stack.ts';
import './page-banners.ts';
import type { Session } from './session.ts';
import type { KeyPress } from './shortcut.ts';
import { StoresController } from './store.ts';
import { fileEndings, takeDrop, takeFiles } from './take-files.ts';
import type { FilePurpose } from './take-files.ts';

/** Below this width the sidebar is a drawer over the notebook. */
const NARROW = matchMedia('(max-width: 760px)');

@customElement('amuro-app')
export class AmuroApp extends LitElement {
  static override styles = [controlStyles, amuroAppStyles];

  @property({ attribute: false }) session!: Session;
  /** The notebook's frame, made by the page and shown here; it must not move, or it loads again. */
  @property({ attribute: false }) frame!: HTMLElement;
  @state() private sidebar = !NARROW.matches;
  private picking: FilePurpose = 'data';
  private readonly dropping = new FileDrop(this, (files) => void takeDrop(this.session, files));

  constructor() {
    super();
    new StoresController(this, () => {
      const { control, shelf, runs, autosave, open, outline, running } = this.session;
      return [control.storage, shelf.entries, runs.views, autosave.state, open, outline, running];
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', this.onKeyDown);
    NARROW.addEventListener('change', this.onWidth);
    this.session.onKey = (press) => this.press(press);
    this.session.onDrag = () => this.dropping.expect();
    this.session.onDrop = (files) => void takeDrop(this.session, Promise.resolve(files));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('keydown', this.onKeyDown);
    NARROW.removeEventListener('change', this.onWidth);
  }

  override render() {
    const { session, commands } = this;
    const drawer = NARROW.matches && this.sidebar;
    return html`
      ${renderBar(session, commands, { sidebar: this.sidebar, skip: () => this.frame.focus() })}
      <div class="body">
        <nav
          id="sidebar"
          aria-label="Sidebar"
          ?hidden=${!this.sidebar}
          @keydown=${this.onSidebarKey}
          @click=${this.onSidebarClick}
        >
          ${renderSidebar(session, {
            pickFiles: (purpose) => this.pickFiles(purpose),
            importModel: () => this.importModel(),
          })}
        </nav>
        ${drawer ? html`<div class="scrim" @click=${this.closeDrawer}></div>` : nothing}
        <main ?inert=${drawer}>
          <page-banners .session=${session}></page-banners>
          <div class="notebook">${this.frame}</div>
        </main>
      </div>
      <div class="drop" ?hidden=${!this.dropping.over}>
        Drop a model’s folder to import it, text or JSON lines to keep them as a dataset, or a notebook to
        open it
      </div>
      <notice-stack .notices=${session.notices}></notice-stack>
      <command-palette .commands=${commands}></command-palette>
      <import-dialog .session=${session} .pickFolder=${() => this.pickFolder()}></import-dialog>
      <input type="file" multiple hidden aria-label="Files" @change=${this.onPicked} />
      <input
        type="file"
        class="folder"
        webkitdirectory
        hidden
        aria-label="Folder of a model"
        @change=${this.onFolder}
      />
    `;
  }

  private get commands(): readonly Command[] {
    return appCommands(this.session, {
      toggleSidebar: () => this.toggleSidebar(),
      showPalette: () => this.renderRoot.querySelector<CommandPalette>('command-palette')!.show(),
      pickFiles: (purpose) => this.pickFiles(purpose),
      importModel: () => this.importModel(),
    });
  }

  private toggleSidebar(): void {
    this.sidebar = !this.sidebar;
    if (!this.sidebar || !NARROW.matches) return;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('nav summary')?.focus());
  }

  private readonly closeDrawer = (): void => {
    if (!NARROW.matches || !this.sidebar) return;
    this.sidebar = false;
    this.renderRoot.querySelector<HTMLElement>('header button')?.focus();
  };

  private pickFiles(purpose: FilePurpose): void {
    this.picking = purpose;
    const input = this.renderRoot.querySelector<HTMLInputElement>('input[type=file]:not(.folder)')!;
    input.accept = fileEndings[purpose];
    input.click();
  }

  private importModel(): void {
    this.renderRoot.querySelector<ImportDialog>('import-dialog')!.show();
  }

  private pickFolder(): void {
    this.renderRoot.querySelector<HTMLInputElement>('input.folder')!.click();
  }

  private press(press: KeyPress): boolean {
    const command = commandFor(this.commands, press);
    command?.run();
    return command !== undefined;
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    if (this.press(event)) event.preventDefault();
  };

  private readonly onPicked = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    void takeFiles(this.session, [...(input.files ?? [])], this.picking);
    input.value = ''; // the same file may be picked again
  };

  private readonly onFolder = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    void takeDrop(this.session, Promise.resolve(readPicked(input.files ?? [])));
    input.value = '';
  };

  private readonly onWidth = (): void => {
    this.sidebar = !NARROW.matches;
  };

  private readonly onSidebarKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') this.closeDrawer();
  };

  /** In a drawer, choosing a notebook or a heading is the end of the visit. */
  private readonly onSidebarClick = (event: Event): void => {
    const chosen = event
      .composedPath()
      .some((each) => each instanceof HTMLElement && each.matches('a, notebook-outline button'));
    if (chosen) this.closeDrawer();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'amuro-app': AmuroApp;
  }
}
