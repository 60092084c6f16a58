/** The page's Content-Security-Policy as a Vite plugin: strict in what is built, loosened in dev only where Vite needs it. */
import type { Plugin } from 'vite';

/** The only other host that is ever asked, and only when a person asks for a model. */
const HUB = 'https://huggingface.co';

const strict: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'script-src': "'self'",
  'worker-src': "'self'",
  'frame-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data: blob:",
  'font-src': "'self'",
  'connect-src': `'self' ${HUB}`,
  'base-uri': "'none'",
  'form-action': "'none'",
};

/** Vite's client injects styles and modules, and hears of changes over a socket. */
const loosenedInDev: Readonly<Record<string, string>> = {
  'script-src': "'self' 'unsafe-inline'",
  'style-src': "'self' 'unsafe-inline'",
  'connect-src': `'self' ws://127.0.0.1:* ${HUB}`,
};

/** The policy as one line, for the built page or for the dev server. */
export function contentPolicy(dev: boolean): string {
  const directives = dev ? { ...strict, ...loosenedInDev } : strict;
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
