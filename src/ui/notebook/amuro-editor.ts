/** <amuro-editor>: a CodeMirror editor for one cell. Tab indents; Escape leaves, and Tab then moves on. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { markdown } from '@codemirror/lang-markdown';
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Prec, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, keymap, placeholder, type KeyBinding } from '@codemirror/view';
import { LitElement, css, html, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Builtins } from '../../notebook/builtins.ts';
import type { Cell } from '../../notebook/notebook.ts';
import { codeCompletions } from './editor-completion.ts';
import { editorHighlight, editorTheme } from './editor-theme.ts';

/** How a person asks for a run: and go to the next cell, and stay, or and insert a cell below. */
export type RunWay = 'next' | 'stay' | 'insert';

export interface EditorProblem {
  readonly message: string;
  /** 1-based; null marks nothing. */
  readonly line: number | null;
  /** 0-based; null marks the line. */
  readonly column: number | null;
}

@customElement('amuro-editor')
export class AmuroEditor extends LitElement {
  static override styles = css`
    :host {
      display: block;
      min-width: 0;
    }
    .cm-editor {
      min-height: 2.4em;
    }
  `;

  @property() value = '';
  @property() kind: Cell['kind'] = 'js';
  @property() label = 'Cell';
  @property({ type: Boolean }) readOnly = false;
  @property({ attribute: false }) builtins: Builtins = {};
  @property({ attribute: false }) names: () => readonly string[] = () => [];
  @property({ attribute: false }) problem: EditorProblem | null = null;
  #view: EditorView | null = null;
  readonly #language = new Compartment();
  readonly #writable = new Compartment();
  readonly #attributes = new Compartment();

  override render() {
    return html`<div id="editor"></div>`;
  }

  protected override firstUpdated(): void {
    this.#view = new EditorView({
      parent: this.renderRoot.querySelector('#editor')!,
      root: this.renderRoot as ShadowRoot,
      state: EditorState.create({ doc: this.value, extensions: this.#extensions() }),
    });
  }

  protected override updated(changed: PropertyValues<this>): void {
    const view = this.#view!;
    const effects = [];
    if (changed.has('kind')) effects.push(this.#language.reconfigure(this.#languageFor()));
    if (changed.has('readOnly'))
      effects.push(this.#writable.reconfigure(EditorState.readOnly.of(this.readOnly)));
    if (changed.has('label')) effects.push(this.#attributes.reconfigure(this.#labelled()));
    if (effects.length > 0) view.dispatch({ effects });
    if (changed.has('value') && this.value !== view.state.doc.toString()) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: this.value } });
    }
    if (changed.has('problem')) view.dispatch(setDiagnostics(view.state, this.#diagnostics(view.state)));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.isConnected) return;
    this.value = this.#view?.state.doc.toString() ?? this.value;
  }

  override focus(): void {
    void this.updateComplete.then(() => this.#view?.focus());
  }

  #extensions(): Extension {
    return [
      Prec.highest(keymap.of(this.#cellKeys())),
      keymap.of([
        ...closeBracketsKeymap,
        ...completionKeymap,
        indentWithTab,
        ...historyKeymap,
        ...defaultKeymap,
      ]),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      EditorView.lineWrapping,
      EditorState.tabSize.of(2),
      syntaxHighlighting(editorHighlight),
      editorTheme,
      this.#language.of(this.#languageFor()),
      this.#writable.of(EditorState.readOnly.of(this.readOnly)),
      this.#attributes.of(this.#labelled()),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged || update.state.doc.toString() === this.value) return;
        this.value = update.state.doc.toString();
        this.dispatchEvent(new CustomEvent('cell-edit', { detail: this.value }));
      }),
    ];
  }

  /** A list that completion has opened takes Escape and Enter first: its keys are of the same rank and come before. */
  #cellKeys(): KeyBinding[] {
    const run = (way: RunWay) => (): boolean =>
      this.dispatchEvent(new CustomEvent('cell-run', { detail: way }));
    const leave = (view: EditorView): boolean => {
      if (view.dom.querySelector('.cm-tooltip-autocomplete') !== null) return false;
      return this.dispatchEvent(new CustomEvent('cell-leave'));
    };
    return [
      { key: 'Shift-Enter', run: run('next') },
      { key: 'Mod-Enter', run: run('stay') },
      { key: 'Ctrl-Enter', run: run('stay') },
      { key: 'Alt-Enter', run: run('insert') },
      { key: 'Escape', run: leave },
    ];
  }

  #languageFor(): Extension {
    if (this.kind === 'md')
      return [markdown(), placeholder('Text, with # headings, **marks** and $mathematics$')];
    const completions = autocompletion({ override: [...codeCompletions(this.builtins, () => this.names())] });
    return [javascript({ typescript: this.kind === 'ts' }), completions];
  }

  /** Tab indents in here, so it must not lead in here: a cell is entered by Enter and left by Escape. */
  #labelled(): Extension {
    return EditorView.contentAttributes.of({
      tabindex: '-1',
      'aria-label': `${this.label}. Press Escape to leave the editor`,
    });
  }

  #diagnostics({ doc }: EditorState) {
    const { problem } = this;
    if (problem?.line == null || problem.line > doc.lines) return [];
    const line = doc.line(problem.line);
    const from = Math.min(line.to, line.from + (problem.column ?? 0));
    const to = problem.column === null ? line.to : Math.min(line.to, from + 1);
    return [{ from, to: Math.max(from, to), severity: 'error' as const, message: problem.message }];
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'amuro-editor': AmuroEditor;
  }
}
