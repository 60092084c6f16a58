/**
 * The notebook frame as one file, `frame.html`: a sandboxed frame has an opaque origin, from which it may load nothing,
 * so its script and style stand in it. In dev it is built when first asked for, and again after sources have changed.
 */
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type Rollup } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = fileURLToPath(new URL('../src/frame.ts', import.meta.url));
const FILE = 'frame.html';

/** No network, no storage, no forms, no other frames: what a cell needs from outside, it asks the page for. */
export const framePolicy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval'",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'font-src data: blob:',
  "connect-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

export function framePlugin(): Plugin {
  let isBuild = false;
  let page: Promise<string> | null = null;
  const forget = (): void => {
    page = null;
  };
  return {
    name: 'amuro:frame',
    configResolved({ command }) {
      isBuild = command === 'build';
    },
    async generateBundle() {
      if (isBuild) this.emitFile({ type: 'asset', fileName: FILE, source: await buildFrame(true) });
    },
    configureServer(server) {
      server.watcher.on('change', forget).on('unlink', forget).on('add', forget);
      server.middlewares.use(`${server.config.base}${FILE}`, (_request, response, next) => {
        page ??= buildFrame(false);
        page.then(
          (html) => {
            response.setHeader('Content-Type', 'text/html; charset=utf-8');
            response.setHeader('Cache-Control', 'no-store');
            response.end(html);
          },
          (error: unknown) => {
            forget();
            next(error);
          },
        );
      });
    },
  };
}

/** The whole page as text. */
async function buildFrame(minify: boolean): Promise<string> {
  const result = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      write: false,
      minify,
      target: 'es2023',
      modulePreload: false,
      cssCodeSplit: false,
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      chunkSizeWarningLimit: Number.MAX_SAFE_INTEGER,
      rollupOptions: { input: entry, output: { format: 'es', codeSplitting: false } },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]) as Rollup.RollupOutput[];
  const files = outputs.flatMap(({ output }) => output);
  const script = files.find((file) => file.type === 'chunk')?.code;
  if (script === undefined)
    throw new Error('build frame: no script came out, expected one; see the messages above');
  const style = files.filter((file) => file.type === 'asset' && file.fileName.endsWith('.css'));
  return framePage(script, style.map((file) => String((file as Rollup.OutputAsset).source)).join('\n'));
}

function framePage(script: string, style: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${framePolicy}">
<meta http-equiv="x-dns-prefetch-control" content="off">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Notebook</title>
<style>${style.replaceAll('</style', '<\\/style')}</style>
</head>
<body>
<script type="module">${escapeScript(script)}</script>
</body>
</html>
`;
}

/** Inside strings and regular expressions, where alone these can stand, the backslash changes nothing. */
function escapeScript(script: string): string {
  return script.replace(/<(?=\/script|!--)/gi, '<\\').replace(/<(?=script)/gi, '\\x3c');
}
