/** Counts a test run's results: to the file that `scripts/test.ts` names, else as vitest's own last line. */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Name of the environment variable with the path of the file for the counts. */
export const countsFileVariable = 'AMURO_TEST_COUNTS';

/** The plain line that machines look for at the end of a test run. */
export function formatCounts({ passed, failed }: TestCounts): string {
  return `${passed} passed, ${failed} failed`;
}

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      const before = counts.failed;
      for (const test of module.children.allTests()) counts[test.result().state]++;
      // A file that fails outside its tests (an import, a hook) counts as one.
      if (module.state() === 'failed' && counts.failed === before) counts.failed++;
    }
    const file = process.env[countsFileVariable];
    if (file) writeFileSync(file, JSON.stringify(counts));
    // After vitest's own summary, which is printed in the same turn.
    else process.on('exit', () => console.log(formatCounts(counts)));
  }
}
