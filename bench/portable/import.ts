/** Stands in the bundle for the import benchmark, which needs a browser and the page that is served to it. */
import type { BenchRow } from '../row.ts';

/** Measures nothing, and says so. */
export function benchImport(): Promise<BenchRow[]> {
  console.log(
    'import: needs a browser, which this bundle does not bring; run `npm run bench -- import` in the project',
  );
  return Promise.resolve([]);
}
