/** The page's Content-Security-Policy as a Vite plugin: strict in what is built, loosened in dev only where Vite needs it. */
import type { Plugin } from 'vite';

/**
 * The only other hosts that are ever asked, and only when a person asks for a model: the public hub, the stores of its
 * files that it redirects to, a hub on this machine, and what `AMURO_HUBS` names (origins, separated by spaces).
 */
const hubs = (): string =>
  [
    'https://huggingface.co',
    'https://*.huggingface.co',
    'https://*.hf.co',
    'http://127.0.0.1:*',
    'http://localhost:*',
    ...(process.env.AMURO_HUBS ?? '')
      .split(/\s+/)
      .filter(Boolean)
      .map((address) => new URL(address).origin),
  ].join(' ');

const strict: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'script-src': "'self'",
  'worker-src': "'self'",
  'frame-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data: blob:",
  'font-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
};

/** Vite's client injects styles and modules; it hears of changes over a socket, which `connectPolicy` allows. */
const loosenedInDev: Readonly<Record<string, string>> = {
  'script-src': "'self' 'unsafe-inline'",
  'style-src': "'self' 'unsafe-inline'",
};

/** Where the page and its worker may connect to. A worker takes it from the header of its own script. */
export function connectPolicy(dev: boolean): string {
  return `'self' ${dev ? 'ws://127.0.0.1:* ' : ''}${hubs()}`;
}

/** The policy as one line, for the built page or for the dev server. */
export function contentPolicy(dev: boolean): string {
  const directives = { ...strict, ...(dev && loosenedInDev), 'connect-src': connectPolicy(dev) };
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}

/** Puts the policy before everything else in the page's head: it binds only what comes after it. */
export function contentPolicyPlugin(): Plugin {
  return {
    name: 'amuro:content-policy',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { server, path }) =>
        path !== '/index.html'
          ? []
          : [
              {
                tag: 'meta',
                attrs: {
                  'http-equiv': 'Content-Security-Policy',
                  content: contentPolicy(server !== undefined),
                },
                injectTo: 'head-prepend',
              },
            ],
    },
  };
}
