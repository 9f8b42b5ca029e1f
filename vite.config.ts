import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const engine = process.env.STREAMWARE_URL ?? 'http://127.0.0.1:7420';

/** The studio. The programs on Node are bundled by scripts/build.mjs. */
export default defineConfig({
  root: fileURLToPath(new URL('renderer', import.meta.url)),
  base: './', // Also opened as a file, by the desktop window.
  plugins: [react()],
  build: {
    target: 'chrome114',
    sourcemap: false,
    chunkSizeWarningLimit: 1500,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': engine, '/live': engine, '/v1': { target: engine, ws: true } },
  },
});
