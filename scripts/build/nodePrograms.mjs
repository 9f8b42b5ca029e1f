// The programs that run on Node or in Electron's main process: TypeScript in, flat CommonJS files out.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { findFileUrls, rewriteFileUrls } from './fileUrls.mjs';
import { listFiles } from './sources.mjs';

/** Built only when the source is there. The name of the file in dist, then the source. */
const programs = {
  headless: 'main/headless.ts',
  cli: 'main/cli/index.ts',
  sdk: 'main/sdk.ts',
  index: 'main/index.ts',
};

/** Native, or written in a way that cannot be bundled. electron-builder.yml packs these with what they need. */
export const external = ['better-sqlite3', 'electron', 'fluent-ffmpeg', 'ffmpeg-static'];

/**
 * The running engine keeps the text of its program in memory: half of it is comments, and one character outside
 * Latin-1 doubles the rest. Lines and names stay as they are, for the places in an error's stack.
 */
const compact = {
  comments: false,
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } },
};

/**
 * @param {string} root
 * @param {string} target
 * @returns {Promise<string[]>} what was built
 */
export async function buildNodePrograms(root, target) {
  const entries = Object.entries(programs).filter(([, source]) => existsSync(join(root, source)));
  const workers = findWorkers(root);
  const input = Object.fromEntries(
    [...entries, ...workers].map(([name, source]) => [name, join(root, source)]),
  );
  const built = entries.map(([name]) => name);
  if (built.length > 0) await bundle(root, target, input);
  if (existsSync(join(root, 'preload/index.ts'))) {
    // On its own: a sandboxed preload script may not require a second file.
    await bundle(root, target, { preload: join(root, 'preload/index.ts') });
    built.push('preload');
  }
  return built;
}

/**
 * Every `new URL('./worker.ts', import.meta.url)` names a file that is started by path, so it needs a file in dist.
 * @param {string} root
 * @returns {[string, string][]}
 */
function findWorkers(root) {
  const sources = listFiles(root, ['main']).filter((path) => path.endsWith('.ts'));
  const workers = sources
    .flatMap((source) => findFileUrls(root, source))
    .filter((url) => url.output !== null);
  return [...new Map(workers.map((url) => [url.output ?? '', url.path])).entries()];
}

/**
 * @param {string} root
 * @param {string} target
 * @param {Record<string, string>} input
 */
async function bundle(root, target, input) {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [rewriteFileUrls(root)],
    ssr: { noExternal: true, external },
    build: {
      ssr: true,
      outDir: target,
      emptyOutDir: false,
      target: 'node18', // The oldest Node that a supported Electron test runtime carries.
      sourcemap: true,
      minify: false,
      rollupOptions: {
        input,
        external,
        output: {
          ...compact,
          format: 'cjs',
          entryFileNames: '[name].cjs',
          chunkFileNames: '[name]-[hash].cjs',
        },
      },
    },
  });
}
