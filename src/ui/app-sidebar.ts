/** The sidebar: notebooks, outline, runs, storage; each section folds and remembers it. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { answerPerformance } from './performance-request.ts';
import type { PerformanceRequest } from './performance-request.ts';
import type { NotebookAction } from './notebook-list.ts';
import './notebook-list.ts';
import './notebook-outline.ts';
import './runs-tree.ts';
import './storage-meter.ts';
import { exportModel, exportNotebook } from './exports.ts';
import { deserialize } from '../notebook/format.ts';
import type { Session } from './session.ts';
import type { FilePurpose } from './take-files.ts';

const FOLDED = 'amuro-folded';

/** What only the app's own element can do. */
interface SidebarActions {
  pickFiles(purpose: FilePurpose): void;
  importModel(): void;
}

export function renderSidebar(session: Session, app: SidebarActions): TemplateResult {
  return html`
    ${section(
      'Notebooks',
      html`<notebook-list
        .entries=${session.shelf.entries.value}
        .current=${session.open.value?.id ?? ''}
        .readonly=${session.readOnly}
        @notebook-action=${({ detail }: CustomEvent<NotebookAction>) =>
          void session.attempt(() => actOnNotebook(session, detail, (purpose) => app.pickFiles(purpose)))}
      ></notebook-list>`,
    )}
    ${section(
      'Outline',
      html`<notebook-outline
        .entries=${session.outline.value}
        @outline-select=${({ detail }: CustomEvent<{ readonly cell: number }>) => session.notebookView?.reveal(detail.cell)}
      ></notebook-outline>`,
    )}
    ${section(
      'Runs',
      html`<runs-tree
        .runs=${session.runs.views.value}
        .readonly=${session.readOnly}
        @run-action=${({ detail }: HTMLElementEventMap['run-action']) =>
          void session.attempt(() => session.actOnRun(detail.run, detail.action))}
        @performance-request=${(event: PerformanceRequest) => answerPerformance(session.engine, event)}
        @import-model=${() => app.importModel()}
        @export-model=${({ detail }: HTMLElementEventMap['export-model']) =>
          void session.attempt(() => exportModel(session, detail))}
      ></runs-tree>`,
    )}
    ${section(
      'Storage',
      html`<storage-meter
        .estimate=${session.control.storage.value}
        .readonly=${session.readOnly}
        @storage-action=${({ detail }: HTMLElementEventMap['storage-action']) =>
          void session.attempt(() => (detail === 'clear' ? clearStorage(session) : persist(session)))}
      ></storage-meter>`,
    )}
  `;
}

function section(title: string, content: TemplateResult): TemplateResult {
  return html`<details
    class="section"
    ?open=${!folded().includes(title)}
    @toggle=${(event: Event) => noteFold(title, event)}
  >
    <summary title="Show or hide ${title.toLowerCase()}"><h2>${title}</h2></summary>
    ${content}
  </details>`;
}

function folded(): readonly string[] {
  return localStorage.getItem(FOLDED)?.split(' ') ?? [];
}

function noteFold(title: string, event: Event): void {
  const others = folded().filter((each) => each !== title && each !== '');
  const { open } = event.target as HTMLDetailsElement;
  localStorage.setItem(FOLDED, (open ? others : [...others, title]).join(' '));
}

async function actOnNotebook(
  session: Session,
  act: NotebookAction,
  pickFiles: (purpose: FilePurpose) => void,
): Promise<void> {
  switch (act.action) {
    case 'create':
      return session.openNotebook(await session.shelf.create());
    case 'import':
      return pickFiles('notebook');
    case 'duplicate':
      return session.openNotebook(await session.shelf.duplicate(act.id));
    case 'rename':
      return session.rename(act.id, act.title);
    case 'remove':
      return session.removeNotebook(act.id);
    case 'export': {
      const source = await session.shelf.read(act.id);
      return exportNotebook({ id: act.id, title: deserialize(source).title, source });
    }
  }
}

async function persist(session: Session): Promise<void> {
  if (await session.control.persist()) return;
  session.notices.note(
    'The browser did not promise to keep it. Chrome does once the page is bookmarked or installed.',
  );
}

async function clearStorage(session: Session): Promise<void> {
  await session.engine.request('storage.clear', {});
  session.consent.forget();
  await session.refresh();
  session.notices.note(
    'Everything that was kept in this browser is erased. Export what is still open if you need it.',
  );
}
