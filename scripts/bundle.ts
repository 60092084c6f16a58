/**
 * `npm run bundle -- --out DIR`: a folder with the benchmarks, conformance and GPU tests that needs nothing but Node 20
 * and the npm package `webgpu`, to be carried to a machine with a real GPU.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import project from '../package.json' with { type: 'json' };

const root = resolve(import.meta.dirname, '..');

const readme = `# amuro, to carry

\`\`\`sh
npm install          # the webgpu package, and nothing else
node amuro-bench.mjs all --json results.json
\`\`\`

Runs every GPU test of the project, its conformance with Hugging Face transformers, and every benchmark, on this machine's
adapter, and writes \`results.json\`. \`node amuro-bench.mjs --help\` lists the parts. Where a Python with PyTorch is on the
path (or named in \`AMURO_PYTHON\`), PyTorch in f32 (TF32 off), eager and compiled, takes part too.
`;

async function bundle(out: string): Promise<void> {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    resolve: {
      alias: [
        { find: 'vitest', replacement: join(root, 'bench/portable/vitest.ts') },
        { find: './import/bench.ts', replacement: join(root, 'bench/portable/import.ts') },
      ],
    },
    ssr: { noExternal: true, external: ['webgpu'] },
    build: {
      ssr: 'bench/portable/main.ts',
      target: 'node20',
      outDir: out,
      emptyOutDir: true,
      rollupOptions: {
        external: ['webgpu'],
        output: { entryFileNames: 'amuro-bench.mjs', chunkFileNames: 'parts/[name]-[hash].mjs' },
      },
    },
  });
  const manifest = {
    name: 'amuro-bench',
    version: project.version,
    private: true,
    type: 'module',
    engines: { node: '>=20' },
    dependencies: { webgpu: project.devDependencies.webgpu },
  };
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(out, 'README.md'), readme);
  const cases = join(root, 'test/conformance');
  mkdirSync(join(out, 'conformance'), { recursive: true });
  for (const name of readdirSync(cases))
    if (existsSync(join(cases, name, 'golden.json')))
      cpSync(join(cases, name), join(out, 'conformance', name), { recursive: true });
}

const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (!values.out) {
  console.error('bundle: no folder given, expected npm run bundle -- --out DIR');
  process.exit(1);
}
await bundle(resolve(values.out));
console.log(`wrote ${values.out}: copy it anywhere, then see its README.md`);
