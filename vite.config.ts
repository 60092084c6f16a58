/** Dev server, build and preview: relative addresses (any static host will do), loopback only, a strict policy. */
import { defineConfig } from 'vite';
import { connectPolicy, contentPolicyPlugin } from './scripts/content-policy.ts';
import { corporaPlugin } from './scripts/corpora/vite-plugin.ts';
import { framePlugin } from './scripts/frame-plugin.ts';

/** On any host that can send headers: no other page may embed this one, types are what they say, workers connect as pages do. */
const headers = (dev: boolean) => ({
  'Content-Security-Policy': `frame-ancestors 'self'; connect-src ${connectPolicy(dev)}`,
  'X-Content-Type-Options': 'nosniff',
});

export default defineConfig({
  base: './',
  build: { target: 'es2023', chunkSizeWarningLimit: 4096 },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', headers: headers(true) },
  preview: { host: '127.0.0.1', headers: headers(false) },
  plugins: [contentPolicyPlugin(), corporaPlugin(), framePlugin()],
});
