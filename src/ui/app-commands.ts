/** Everything the page can do, by name: the palette, the shortcuts and the buttons' tooltips all read this table. */
import type { Command } from './command.ts';
import { exportNotebook, exportReport, exportRows, exportSteps } from './exports.ts';
import type { Session } from './session.ts';
import type { FilePurpose } from './take-files.ts';
import { nextTheme, setTheme } from './theme.ts';

/** What only the app's own element can do. */
export interface AppActions {
  toggleSidebar(): void;
  showPalette(): void;
  pickFiles(purpose: FilePurpose): void;
  /** Opens the dialog that lists a hub's revisions. */
  importModel(): void;
}

export const shortcuts = {
  palette: 'Mod+K',
  runAll: 'Mod+Shift+Enter',
  stop: 'Mod+.',
  sidebar: 'Mod+B',
  save: 'Mod+S',
  theme: 'Mod+Shift+L',
} as const;

export function appCommands(session: Session, app: AppActions): readonly Command[] {
  const { value: open } = session.open;
  const attempt = (work: () => Promise<unknown>) => (): void => void session.attempt(work);
  const writable = !session.readOnly;
  const hasOpen = open !== null;
  return [
    {
      name: 'Run all cells',
      shortcut: shortcuts.runAll,
      enabled: hasOpen && writable,
      run: attempt(async () => session.runAll()),
    },
    { name: 'Stop', shortcut: shortcuts.stop, enabled: session.running.value, run: () => session.stop() },
    { name: 'Commands', shortcut: shortcuts.palette, run: () => app.showPalette() },
    { name: 'Show or hide the sidebar', shortcut: shortcuts.sidebar, run: () => app.toggleSidebar() },
    {
      name: 'Save now',
      shortcut: shortcuts.save,
      enabled: hasOpen && writable,
      run: attempt(() => session.autosave.flush()),
    },
    {
      name: 'Switch theme: system, light, dark',
      shortcut: shortcuts.theme,
      run: () => setTheme(nextTheme()),
    },
    {
      name: 'New notebook',
      enabled: writable,
      run: attempt(async () => session.openNotebook(await session.shelf.create())),
    },
    {
      name: 'Duplicate this notebook',
      enabled: hasOpen && writable,
      run: attempt(async () => session.openNotebook(await session.shelf.duplicate(open!.id))),
    },
    { name: 'Import a notebook…', enabled: writable, run: () => app.pickFiles('notebook') },
    { name: 'Import a model…', enabled: writable, run: () => app.importModel() },
    { name: 'Add a data file…', enabled: writable, run: () => app.pickFiles('data') },
    { name: 'Export notebook (.html)', enabled: hasOpen, run: () => exportNotebook(open!, 'html') },
    {
      name: 'Export notebook for Jupyter (.ipynb)',
      enabled: hasOpen,
      run: () => exportNotebook(open!, 'ipynb'),
    },
    { name: 'Export notebook as Markdown (.md)', enabled: hasOpen, run: () => exportNotebook(open!, 'md') },
    {
      name: 'Export report with outputs (.html)',
      enabled: hasOpen,
      run: attempt(() => exportReport(session)),
    },
    { name: 'Export evaluation rows (CSV)', run: attempt(() => exportRows(session, 'csv')) },
    { name: 'Export evaluation rows (JSON lines)', run: attempt(() => exportRows(session, 'jsonl')) },
    { name: 'Export training steps (JSON lines)', run: attempt(() => exportSteps(session)) },
    {
      name: 'Restart the engine',
      enabled: writable,
      run: attempt(() => session.restartEngine('the person asked for a restart')),
    },
    {
      name: 'Test recovery: lose the GPU device',
      enabled: writable,
      run: attempt(() => session.engine.request('engine.loseDevice', {})),
    },
    ...session.shelf.entries.value.map(({ id, title }) => ({
      name: `Open: ${title}`,
      enabled: id !== open?.id,
      run: attempt(() => session.openNotebook(id)),
    })),
  ];
}
