/** The page's entry: one session, one notebook frame, one app element; nothing runs until a person runs it. */
import './tokens.css';
import './amuro-app.ts';
import { installAutomation } from './automation.ts';
import { bundledNotebooks } from './bundled-notebooks.ts';
import { connectFrame, createFrame } from './frame-view.ts';
import { readLaunch } from './launch.ts';
import type { Launch } from './launch.ts';
import { tabTitle, WakeLock } from './page-activity.ts';
import { Session } from './session.ts';
import { claimTab } from './tab-claim.ts';
import { isDark, restoreTheme } from './theme.ts';

restoreTheme();
// Inside somebody else's page, clicks could be stolen: the app opens only as a page of its own.
if (window.top === window) await start();
else document.body.append(ownPageLink());

async function start(): Promise<void> {
  const { launch, problem } = tryReadLaunch();
  const session = new Session({
    createWorker,
    bundled: bundledNotebooks,
    launch,
    claim: await claimTab(navigator.locks),
  });
  if (problem) session.notices.problem(problem);
  const frame = createFrame();
  session.attach((listener) => connectFrame(frame, session.notebookEngine, listener));
  const app = document.createElement('amuro-app');
  app.session = session;
  app.frame = frame;
  document.body.append(app);
  followTheme(session);
  followActivity(session);
  const started = session.start();
  started.catch((error: unknown) => session.notices.problem(error));
  installAutomation(session, started);
}

function createWorker(): Worker {
  return new Worker(new URL('../worker/engine.worker.ts', import.meta.url), {
    type: 'module',
    name: 'amuro-engine',
  });
}

/** A wrong address opens the page all the same, and says what is wrong with it. */
function tryReadLaunch(): { readonly launch: Launch; readonly problem: Error | null } {
  try {
    return { launch: readLaunch(new URL(location.href)), problem: null };
  } catch (error) {
    return { launch: { notebook: null, profile: null, settings: {} }, problem: error as Error };
  }
}

function followTheme(session: Session): void {
  const tell = (): void => session.notebookView?.setTheme(isDark());
  document.documentElement.addEventListener('theme-change', tell);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell);
  tell();
}

function followActivity(session: Session): void {
  const wakeLock = new WakeLock();
  const show = (): void => {
    const { activity } = session.runs;
    document.title = tabTitle(session.open.value?.title ?? '', activity);
    wakeLock.keep(activity.open > 0);
  };
  session.runs.views.subscribe(show);
  session.open.subscribe(show);
}

function ownPageLink(): HTMLElement {
  const link = document.createElement('a');
  link.href = location.href;
  link.target = '_blank';
  link.rel = 'noopener';
  link.textContent = 'Open amuro in a tab of its own';
  return link;
}
