/** The project's own GPU tests, run by the bundle on the adapter at hand: every kernel variant against float64. */
import { runTestFile, type TestReport } from './vitest.ts';

/** Test files by path; those that read the source tree stay at home. */
const files = import.meta.glob<unknown>([
  '../../test/{ops,gpu,training}/*.test.ts',
  '!**/{index,races,shaders}.test.ts',
]);

/** Runs all test files, or those whose path contains one of `wanted`; prints one line for each. */
export async function selfTest(wanted: readonly string[]): Promise<TestReport> {
  const total = { passed: 0, failures: [] as TestReport['failures'][number][] };
  for (const [path, load] of Object.entries(files)) {
    const name = path.replace('../../', '');
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    const { passed, failures } = await runTestFile(name, load);
    console.log(`  ${name}: ${passed} passed, ${failures.length} failed`);
    for (const { test, message } of failures) console.log(`    ${test}: ${message.split('\n')[0]}`);
    total.passed += passed;
    total.failures.push(...failures);
  }
  return total;
}
