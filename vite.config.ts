/** Dev server, build and preview: relative addresses (any static host will do), loopback only, a strict policy. */
import { defineConfig } from 'vite';
import { contentPolicyPlugin } from './scripts/content-policy.ts';
import { corporaPlugin } from './scripts/corpora/vite-plugin.ts';
import { framePlugin } from './scripts/frame-plugin.ts';

/** On any host that can send headers: no other page may embed this one, and types are what they say. */
const headers = { 'Content-Security-Policy': "frame-ancestors 'self'", 'X-Content-Type-Options': 'nosniff' };

export default defineConfig({
  base: './',
  build: { target: 'es2023', chunkSizeWarningLimit: 4096 },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', headers },
  preview: { host: '127.0.0.1', headers },
  plugins: [contentPolicyPlugin(), corporaPlugin(), framePlugin()],
});
