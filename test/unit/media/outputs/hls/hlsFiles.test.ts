import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveHlsFile } from '../../../../../main/media/outputs/hls/hlsFiles.ts';
import { createTempFolder, type TempFolder } from '../../../../helpers/tempFolder.ts';

let folder: TempFolder;
let root: string;
beforeEach(() => {
  folder = createTempFolder('served');
  root = folder.file('hls');
  mkdirSync(join(root, 'str_1'), { recursive: true });
  for (const name of [
    'show.m3u8',
    'str_1/index.m3u8',
    'str_1/a b-000001.ts',
    'str_1/x.m4s',
    'str_1/i.mp4',
    'notes.txt',
    '.show.m3u8.state.json',
  ]) {
    writeFileSync(join(root, name), 'content');
  }
  writeFileSync(folder.file('secret.ts'), 'root:');
});
afterEach(() => folder.remove());

describe('a file below /live/', () => {
  it.each([
    ['show.m3u8', 'application/vnd.apple.mpegurl', 'no-cache, no-store'],
    ['str_1/index.m3u8', 'application/vnd.apple.mpegurl', 'no-cache, no-store'],
    ['str_1/a b-000001.ts', 'video/mp2t', 'public, max-age=86400, immutable'],
    ['str_1/x.m4s', 'video/mp4', 'public, max-age=86400, immutable'],
    ['str_1/i.mp4', 'video/mp4', 'public, max-age=86400, immutable'],
  ])('%s is handed out', async (path, contentType, cacheControl) => {
    expect(await resolveHlsFile(root, path)).toMatchObject({
      path: join(root, path),
      contentType,
      cacheControl,
      sizeBytes: 7,
    });
  });

  it.each([
    '../secret.ts',
    'str_1/../../secret.ts',
    '..%2fsecret.ts',
    '%2e%2e/secret.ts',
    '..\\secret.ts',
    '..%5csecret.ts',
    '/etc/passwd',
    '//show.m3u8',
    'str_1//index.m3u8',
    './show.m3u8',
    'show.m3u8\0.ts',
    '.show.m3u8.state.json',
    'notes.txt',
    'str_1',
    '',
    'gone.ts',
    `${'a/'.repeat(600)}x.ts`,
  ])('%j is not', async (path) => {
    expect(await resolveHlsFile(root, path)).toBeNull();
  });

  it('is not when a link leads out of the folder, and is when it stays inside', async () => {
    symlinkSync(folder.file('secret.ts'), join(root, 'link.ts'));
    symlinkSync(folder.path, join(root, 'up'));
    symlinkSync(join(root, 'show.m3u8'), join(root, 'alias.m3u8'));
    mkdirSync(join(root, 'folder.ts'));
    expect(await resolveHlsFile(root, 'link.ts')).toBeNull();
    expect(await resolveHlsFile(root, 'up/secret.ts')).toBeNull();
    expect(await resolveHlsFile(root, 'folder.ts')).toBeNull();
    expect((await resolveHlsFile(root, 'alias.m3u8'))?.path).toBe(join(root, 'show.m3u8'));
  });
});
