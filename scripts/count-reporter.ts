/** Ends a test run with one plain line: `N passed, N failed, N skipped`. */
import type { Reporter, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      const before = counts.failed;
      for (const test of module.children.allTests()) counts[test.result().state]++;
      if (module.state() === 'failed' && counts.failed === before) counts.failed++;
    }
    const failed = counts.failed + unhandledErrors.length;
    // After vitest's own summary, which is printed in the same turn.
    process.on('exit', () => console.log(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped`));
  }
}
