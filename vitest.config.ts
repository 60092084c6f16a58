/** Test projects: `plain` (Node), `gpu` (WGSL through Dawn in Node), `browser` (the system's Chromium). */
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { corporaPlugin } from './scripts/corpora/vite-plugin.ts';
import { browserArguments, findBrowser } from './scripts/browser.ts';

const executablePath = findBrowser();

/** Packages that reach a page or a worker of the browser tests. */
const browserDependencies = [
  '@huggingface/hub',
  '@noble/hashes/sha2.js',
  '@noble/hashes/utils.js',
  '@observablehq/plot',
  '@petamoriken/float16',
  'axe-core',
  'client-zip',
  'd3-dsv',
  'hash-wasm',
  'idb',
  'lit',
  'lit/decorators.js',
  'lit/directives/repeat.js',
  'lit/directives/unsafe-html.js',
  'uplot',
  'zod',
];

export default defineConfig({
  test: {
    reporters: ['default', './scripts/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'plain',
          sequence: { groupOrder: 0 },
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/{ops,models,training,gpu,conformance}/**',
            'test/**/*.gpu.test.ts',
            'test/browser/**',
          ],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'gpu',
          sequence: { groupOrder: 1 },
          environment: 'node',
          include: ['test/{ops,models,training,gpu,conformance}/**/*.test.ts', 'test/**/*.gpu.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        plugins: [corporaPlugin()],
        worker: { format: 'es' },
        // Found only when a test first imports them, they would make the page reload in the middle of a run.
        optimizeDeps: { include: browserDependencies },
        test: {
          name: 'browser',
          sequence: { groupOrder: 2 },
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 120_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath, args: browserArguments } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
