// The studio: the React app that the desktop window and the browser show.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

/**
 * @param {string} root
 * @param {string} target
 * @returns {Promise<string[]>} what was built
 */
export async function buildStudio(root, target) {
  if (!existsSync(join(root, 'renderer/index.html'))) return [];
  await build({
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: join(target, 'renderer'), emptyOutDir: true },
  });
  return ['studio'];
}
