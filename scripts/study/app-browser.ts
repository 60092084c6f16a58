/**
 * The built app in a headless browser. The app answers at one fixed address whatever port its server got, because a
 * browser keeps storage by address: a kept profile finds its runs again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright';
import { build, preview } from 'vite';
import { browserArguments } from '../browser.ts';
import { provisionBrowser } from '../provision.ts';

/** Secure (so WebGPU is there) and never asked of any name server. */
const address = 'http://amuro.localhost/';

export interface AppBrowser {
  readonly page: Page;
  readonly browserVersion: string;
  close(): Promise<void>;
}

/** Builds the app, serves it on loopback, and opens its page at `query`. @param profile folder of the browser profile. */
export async function openApp(query: URLSearchParams, profile: string | null): Promise<AppBrowser> {
  const executablePath = provisionBrowser();
  const outDir = mkdtempSync(join(tmpdir(), 'amuro-app-'));
  await build({ logLevel: 'warn', build: { outDir, emptyOutDir: true } });
  const server = await preview({ logLevel: 'warn', build: { outDir }, preview: { port: 0 } });
  const bound = server.httpServer.address();
  if (bound === null || typeof bound === 'string') throw new Error('study: the local server did not start');
  const userData = profile ?? mkdtempSync(join(tmpdir(), 'amuro-profile-'));
  const context = await launch(executablePath, userData, bound.port);
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`${address}?${query}`);
  return {
    page,
    browserVersion: context.browser()?.version() ?? '',
    async close() {
      await context.close();
      await server.close();
      rmSync(outDir, { recursive: true, force: true });
      if (profile === null) rmSync(userData, { recursive: true, force: true });
    },
  };
}

function launch(executablePath: string, userData: string, port: number): Promise<BrowserContext> {
  const toServer = `--host-resolver-rules=MAP amuro.localhost:80 127.0.0.1:${port}`;
  // A hidden or unfocused page must not be slowed down.
  const awake = ['--disable-renderer-backgrounding', '--disable-background-timer-throttling'];
  return chromium.launchPersistentContext(userData, {
    executablePath,
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: [...browserArguments, ...awake, toServer],
  });
}
