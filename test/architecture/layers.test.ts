import { describe, expect, it } from 'vitest';
import { findNodeInBrowser, findWrongImports } from './layers.ts';
import { isCode, readTree, type SourceTree } from './sourceTree.ts';

const source = readTree((path) => /^(main|preload|renderer)\//.test(path) && isCode(path));

function file(path: string, code: string): SourceTree {
  return new Map([[path, code]]);
}

describe('imports', () => {
  it('go one way', () => {
    expect(findWrongImports(source)).toEqual([]);
  });

  it('bring no Node to the browser', () => {
    expect(findNodeInBrowser(source)).toEqual([]);
  });
});

describe('the guard of imports', () => {
  it.each([
    ['main/lib/a.ts', '../contract/streams.ts'],
    ['main/contract/a.ts', '../media/relay/relay.ts'],
    ['main/media/a.ts', '../store/client.ts'],
    ['main/media/a.ts', '../streams/index.ts'],
    ['main/store/a.ts', '../services/metrics/index.ts'],
    ['main/streams/a.ts', '../api/server.ts'],
    ['main/services/metrics/a.ts', '../../sdk.ts'],
    ['main/services/metrics/a.ts', '../backup/archive.ts'],
    ['main/services/metrics/a.ts', '../../streams/streamState.ts'],
    ['main/streams/a.ts', '../services/metrics/rollup.ts'],
    ['main/api/a.ts', '../engine.ts'],
    ['main/api/a.ts', '../services/metrics/rollup.ts'],
    ['main/engine.ts', './headless.ts'],
    ['main/engine.ts', './cli/index.ts'],
    ['main/desktop/a.ts', '../engine.ts'],
    ['main/desktop/a.ts', '../lib/logger.ts'],
    ['main/index.ts', './engine.ts'],
    ['preload/index.ts', '../main/desktop/window.ts'],
    ['renderer/client/a.ts', '../../main/lib/ids.ts'],
    ['renderer/client/a.ts', '../../preload/index.ts'],
    ['renderer/client/a.ts', '../../test/helpers/a.ts'],
    ['main/unheardOf/a.ts', '../lib/ids.ts'],
    ['main/engine.ts', 'electron'],
    ['renderer/a.ts', 'electron/renderer'],
    ['main/media/ffmpeg/other.ts', 'fluent-ffmpeg'],
    ['main/media/ffmpeg/command.ts', 'ffmpeg-static'],
    ['main/contract/a.ts', 'fastify'],
    ['main/contract/a.ts', 'node:path'],
  ])('refuses %s → %s', (path, name) => {
    expect(findWrongImports(file(path, `import { x } from '${name}';`))).toHaveLength(1);
  });

  it.each([
    ['main/media/relay/a.ts', '../flv/mediaTag.ts'],
    ['main/streams/a.ts', '../media/relay/relay.ts'],
    ['main/services/backup/a.ts', '../metrics/index.ts'],
    ['main/cli/run.ts', '../engine.ts'],
    ['main/sdk.ts', './services/metrics/index.ts'],
    ['main/headless.ts', './engine.ts'],
    ['main/desktop/a.ts', 'electron'],
    ['main/contract/a.ts', 'zod'],
    ['renderer/client/a.ts', '../../main/contract/streams.ts'],
    ['main/media/ffmpeg/command.ts', 'fluent-ffmpeg'],
    ['main/media/ffmpeg/binary.ts', 'ffmpeg-static/package.json'],
  ])('allows %s → %s', (path, name) => {
    expect(findWrongImports(file(path, `import { x } from '${name}';`))).toEqual([]);
  });

  it.each([
    ["const x = await import('../engine.ts');"],
    ['const x = await import(`../engine.ts`);'],
    ["export * from '../engine.ts';"],
    ["export { x } from '../engine.ts';"],
    ["import type { X } from '../engine.ts';"],
    ["type X = import('../engine.ts').X;"],
    ["import '../engine.ts';"],
    ["const x = require('../engine.ts');"],
    ["const x = require.resolve('../engine.ts');"],
  ])('sees %s', (code) => {
    expect(findWrongImports(file('main/media/a.ts', code))).toHaveLength(1);
  });

  it('is not fooled by comments and strings', () => {
    const code = `// import '../engine.ts';\nexport const text = "import '../engine.ts'";`;
    expect(findWrongImports(file('main/media/a.ts', code))).toEqual([]);
  });

  it('follows the browser through files in between', () => {
    const tree = new Map([
      ['renderer/a.ts', "import { x } from '../main/contract/b.ts';"],
      ['main/contract/b.ts', "export { x } from '../lib/c.ts';"],
      ['main/lib/c.ts', "export { join as x } from 'path';"],
      ['main/lib/unreached.ts', "import 'node:fs';"],
    ]);
    expect(findNodeInBrowser(tree)).toEqual([
      'main/lib/c.ts imports path and is part of what a browser loads',
    ]);
  });
});
