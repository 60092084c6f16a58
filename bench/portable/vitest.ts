/**
 * Just enough of vitest to run the project's own GPU tests where only Node and the `webgpu` package are: the bundle
 * takes this in vitest's place. Tests run one after the other, in the order they were declared.
 */
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const { expect } = chai;

type Body = (...values: never[]) => unknown;

interface Suite {
  readonly name: string;
  readonly before: Body[];
  readonly after: Body[];
  readonly afterEach: Body[];
  readonly entries: (Suite | { readonly name: string; readonly run: () => unknown })[];
}

const newSuite = (name: string): Suite => ({ name, before: [], after: [], afterEach: [], entries: [] });
let current = newSuite('');

interface Declare {
  (name: string, body: Body, timeout?: number): void;
  each(cases: readonly unknown[]): (name: string, body: Body, timeout?: number) => void;
  skipIf(condition: unknown): Declare;
}

function declarer(declare: (name: string, body: Body) => void): Declare {
  const skipped: Declare = Object.assign(() => undefined, {
    each: () => () => undefined,
    skipIf: () => skipped,
  });
  const declared: Declare = Object.assign((name: string, body: Body) => declare(name, body), {
    each: (cases: readonly unknown[]) => (name: string, body: Body) => {
      for (const [index, values] of cases.entries()) {
        const list = (Array.isArray(values) ? values : [values]) as never[];
        declare(`${name} [${index}]`, () => body(...list));
      }
    },
    skipIf: (condition: unknown) => (condition ? skipped : declared),
  });
  return declared;
}

export const it = declarer((name, run) => {
  current.entries.push({ name, run: run });
});
export { it as test };

export const describe = declarer((name, body) => {
  const outer = current;
  const suite = newSuite(name);
  outer.entries.push(suite);
  current = suite;
  body();
  current = outer;
});

export const beforeAll = (body: Body) => current.before.push(body);
export const afterAll = (body: Body) => current.after.push(body);
export const afterEach = (body: Body) => current.afterEach.push(body);

export interface TestFailure {
  readonly test: string;
  readonly message: string;
}

export interface TestReport {
  readonly passed: number;
  readonly failures: readonly TestFailure[];
}

/** Loads a test file, which declares its tests, and runs them. */
export async function runTestFile(name: string, load: () => Promise<unknown>): Promise<TestReport> {
  const root = (current = newSuite(name));
  await load();
  const failures: TestFailure[] = [];
  const passed = await runSuite(root, '', failures);
  return { passed, failures };
}

async function runSuite(suite: Suite, path: string, failures: TestFailure[]): Promise<number> {
  const own = `${path}${suite.name} > `;
  let passed = 0;
  const attempt = async (name: string, body: () => unknown): Promise<boolean> => {
    try {
      await body();
      return true;
    } catch (error) {
      failures.push({ test: `${own}${name}`, message: (error as Error).message });
      return false;
    }
  };
  for (const body of suite.before) await attempt('before', body);
  for (const entry of suite.entries) {
    if ('entries' in entry) {
      passed += await runSuite(entry, own, failures);
    } else {
      if (await attempt(entry.name, entry.run)) passed++;
      for (const body of suite.afterEach) await attempt('after each', body);
    }
  }
  for (const body of suite.after) await attempt('after', body);
  return passed;
}
