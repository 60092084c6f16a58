/** `npm run parity -- DIR…`: compares conformance directories with the engine. */
import { basename, resolve } from 'node:path';
import { describe, openNodeGpu } from '../../scripts/node-gpu.ts';
import { formatCheck, passes } from './comparison.ts';
import { checkDirectory } from './parity.ts';

/** Prints one line per check; returns the exit code: 1 if anything is over its tolerance or cannot be compared. */
export async function main(directories: readonly string[]): Promise<number> {
  if (directories.length === 0) {
    console.error(
      'parity: no directory given, expected npm run parity -- DIR… (see test/conformance/make.py)',
    );
    return 1;
  }
  const gpu = await openNodeGpu();
  console.log(describe(gpu));
  let failed = 0;
  for (const directory of directories) {
    console.log(basename(resolve(directory)));
    try {
      const checks = await checkDirectory(gpu, directory);
      for (const check of checks) console.log(formatCheck(check));
      failed += checks.filter((check) => !passes(check)).length;
    } catch (error) {
      console.log(`  ${(error as Error).message}`);
      failed++;
    }
  }
  console.log(
    failed === 0 ? 'parity: all within tolerance' : `parity: ${failed} over tolerance or not comparable`,
  );
  return failed === 0 ? 0 : 1;
}
