/** <import-dialog>: a published trajectory chosen revision by revision, with its bytes, before anything is downloaded. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { publishedTrajectories } from '../experiments/known-trajectories.ts';
import type { HubRevision } from '../worker/protocol.ts';
import { controlStyles } from './control-styles.ts';
import { glyphs } from './glyphs.ts';
import { ImportChoice } from './import-choice.ts';
import { importDialogStyles } from './import-dialog-styles.ts';
import { formatBytes, formatCount, formatTokens } from './quantities.ts';
import './revision-axis.ts';
import { familyName } from './run-view.ts';
import type { Session } from './session.ts';

const PUBLIC_HUB = 'https://huggingface.co';

@customElement('import-dialog')
export class ImportDialog extends LitElement {
  static override styles = [controlStyles, importDialogStyles];

  @property({ attribute: false }) session!: Session;
  /** Lets the person choose a folder of their own. */
  @property({ attribute: false }) pickFolder: () => void = () => {};
  @state() private count = 12;
  private choice!: ImportChoice;

  override connectedCallback(): void {
    super.connectedCallback();
    this.choice = new ImportChoice(this.session.engine, () => this.requestUpdate());
  }

  show(): void {
    void this.session.control.refreshStorage();
    this.dialog.showModal();
    this.renderRoot.querySelector<HTMLInputElement>('#repository')!.select();
  }

  override render() {
    const { choice } = this;
    return html`<dialog aria-labelledby="title" @keydown=${(event: Event) => event.stopPropagation()}>
      <div class="content">
        <h2 id="title">Import a model</h2>
        ${this.renderQuestion()}
        ${choice.problem ? html`<p class="error" role="alert">${glyphs.warning}<span>${choice.problem}</span></p>` : nothing}
        ${choice.revisions && choice.revisions.length > 0 ? this.renderRevisions(choice.revisions) : nothing}
        ${this.renderFooter()}
      </div>
    </dialog>`;
  }

  private renderQuestion() {
    const { listing } = this.choice;
    return html`<form @submit=${this.onList}>
      <div class="ask">
        <label
          >Repository on the hub
          <input
            id="repository"
            name="repository"
            list="known"
            required
            pattern="[\\w.\\-]+/[\\w.\\-]+"
            placeholder="EleutherAI/pythia-14m"
            title="owner/name"
            autocomplete="off"
            spellcheck="false"
          />
        </label>
        <datalist id="known">
          ${publishedTrajectories.map(({ repository, title }) => html`<option value=${repository}>${title}</option>`)}
        </datalist>
        <button class=${this.choice.revisions ? '' : 'primary'} ?disabled=${listing}>
          ${listing ? 'Listing…' : 'List revisions'}
        </button>
      </div>
      <details>
        <summary>Advanced</summary>
        <label
          >Address of the hub
          <input
            name="hub"
            type="url"
            required
            pattern="https?://[^?#]+"
            .defaultValue=${PUBLIC_HUB}
            title="https://huggingface.co, a mirror of it, or a server on this machine"
            spellcheck="false"
          />
        </label>
      </details>
      ${
        this.choice.revisions
          ? nothing
          : html`<p class="small soft">
              Listing asks that address for the names and sizes of the revisions; nothing of yours is sent. A
              model on your disk needs no network: drop its folder (config.json, weights, tokenizer.json) onto
              the page, or
              <button type="button" class="link" @click=${this.onFolder}>choose the folder</button>.
            </p>`
      }
    </form>`;
  }

  private renderRevisions(revisions: readonly HubRevision[]) {
    const { choice } = this;
    return html`
      <revision-axis
        .revisions=${revisions}
        .picked=${choice.picked}
        @revision-toggle=${({ detail }: CustomEvent<string>) => choice.toggle(detail)}
      ></revision-axis>
      <div class="picking">
        <label for="count">How many</label>
        <input
          id="count"
          type="number"
          min="1"
          max=${revisions.length}
          .value=${String(this.count)}
          @change=${(event: Event) => this.onCount(event.target as HTMLInputElement)}
        />
        <button
          type="button"
          title="Picks as many, first and last included, evenly over the orders of magnitude"
          @click=${() => choice.pickSpread(this.count)}
        >
          Spread over the log axis
        </button>
        <button type="button" @click=${() => choice.pick(revisions.map(({ name }) => name))}>All</button>
        <button type="button" @click=${() => choice.pick([])}>None</button>
      </div>
      <ul aria-label="Revisions" tabindex="0">
        ${revisions.map((revision) => this.renderRevision(revision))}
      </ul>
    `;
  }

  private renderRevision(revision: HubRevision) {
    const { name, step, tokens } = revision;
    const size = this.choice.size(revision);
    return html`<li>
      <label>
        <input
          type="checkbox"
          .checked=${this.choice.picked.has(name)}
          @change=${() => this.choice.toggle(name)}
        />
        <span class="name">${name}</span>
        <span>step ${formatCount(step)}</span>
        <span class="soft">${tokens === null ? '' : `${formatTokens(tokens)} tokens`}</span>
        <span class="soft size">${size ? formatBytes(size.bytes) : ''}</span>
      </label>
    </li>`;
  }

  private renderFooter() {
    const { choice } = this;
    const ready = choice.chosen.length > 0 && choice.unmeasured.length === 0 && choice.problem === null;
    return html`<footer>
      <p role="status">${this.summary}</p>
      <button @click=${() => this.dialog.close()}>Cancel</button>
      ${
        choice.revisions
          ? html`<button class="primary" ?disabled=${!ready || !this.fits} @click=${this.onDownload}>
              ${ready ? `Download ${formatBytes(choice.bytes)}` : 'Download'}
            </button>`
          : nothing
      }
    </footer>`;
  }

  private get summary() {
    const { chosen, unmeasured, revisions, bytes, problem } = this.choice;
    if (!revisions) return '';
    if (chosen.length === 0) return 'Pick at least one revision.';
    const of = `${formatCount(chosen.length)} of ${formatCount(revisions.length)} revisions`;
    if (unmeasured.length > 0) {
      const measured = `${chosen.length - unmeasured.length} of ${chosen.length}`;
      return problem ? of : `${of} · asking for their sizes, ${measured}`;
    }
    const { family, parameters } = this.choice.size(chosen[0]!)!;
    const model = `${familyName(family)}, ${formatTokens(parameters)} parameters`;
    const free = this.free === null ? '' : ` · ${formatBytes(this.free)} free`;
    const advice = this.fits
      ? ''
      : '. This does not fit: pick fewer, or remove runs that are no longer needed';
    return html`${of} · ${model} · <b>${formatBytes(bytes)}</b> to download${free}${advice}`;
  }

  private get free(): number | null {
    const storage = this.session.control.storage.value;
    return storage && storage.quota > 0 ? Math.max(0, storage.quota - storage.usage) : null;
  }

  private get fits(): boolean {
    return this.free === null || this.choice.bytes <= this.free;
  }

  private get dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector('dialog')!;
  }

  private readonly onList = (event: SubmitEvent): void => {
    event.preventDefault();
    const [repository, hub] = ['repository', 'hub'].map((name) =>
      this.renderRoot.querySelector<HTMLInputElement>(`[name=${name}]`)!.value.trim(),
    );
    void this.choice.list(hub!.replace(/\/+$/, ''), repository!, this.count);
  };

  private onCount(input: HTMLInputElement): void {
    if (!input.checkValidity()) return;
    this.count = input.valueAsNumber;
    this.choice.pickSpread(this.count);
  }

  private readonly onFolder = (): void => {
    this.dialog.close();
    this.pickFolder();
  };

  private readonly onDownload = (): void => {
    const { spec } = this.choice;
    this.dialog.close();
    void this.session.attempt(() => this.session.importModel(spec));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'import-dialog': ImportDialog;
  }
}
