import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareDataDir } from '../../../main/store/dataDir.ts';
import { createTempFolder, type TempFolder } from '../../helpers/tempFolder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = createTempFolder('data');
});
afterEach(() => folder.remove());

describe('the data folder', () => {
  it('is made with everything in it, for its owner alone', () => {
    const paths = prepareDataDir(folder.file('deep/down'));
    for (const path of [paths.root, paths.hls, paths.recordings, paths.clips, paths.logs, paths.cache]) {
      expect(statSync(path).mode & 0o777).toBe(0o700);
    }
    expect(readdirSync(paths.root).sort()).toEqual(['cache', 'clips', 'logs', 'media', 'recordings']);
    prepareDataDir(folder.file('deep/down'));
  });

  it('that exists keeps its rights and its files', () => {
    mkdirSync(folder.file('shared'), { mode: 0o755 });
    chmodSync(folder.file('shared'), 0o755);
    writeFileSync(folder.file('shared/holiday.ts'), 'x');
    prepareDataDir(folder.file('shared'));
    expect(statSync(folder.file('shared')).mode & 0o777).toBe(0o755);
    expect(existsSync(folder.file('shared/holiday.ts'))).toBe(true);
  });

  it('behind a symbolic link is known by its real name, so that two names are one folder', () => {
    mkdirSync(folder.file('real'));
    symlinkSync(folder.file('real'), folder.file('link'));
    expect(prepareDataDir(folder.file('link')).root).toBe(prepareDataDir(folder.file('real')).root);
  });

  it.each<[string, (path: string) => string, RegExp]>([
    ['a file', (path) => put(path, 'f'), /a file/],
    ['a folder below a file', (path) => join(put(path, 'f'), 'data'), /a file, not a folder/],
    ['a place where nobody can write', () => '/proc/streamware', /cannot be used/],
    ['a name that is too long', (path) => join(path, 'x'.repeat(300)), /too long/],
    ['links in a circle', (path) => link(path, 'a', 'b') && link(path, 'b', 'a'), /circle/],
    ['a link to nowhere', (path) => link(path, 'a', 'nowhere'), /cannot be made/],
    ['one of its folders being a file', (path) => put(path, 'logs') && path, /file/],
  ])('cannot be %s, and it says why', (_what, make, reason) => {
    const path = make(folder.path);
    expect(() => prepareDataDir(path)).toThrow(expect.objectContaining({ code: 'engine.data_dir_unusable' }));
    expect(() => prepareDataDir(path)).toThrow(reason);
  });
});

function put(folderPath: string, name: string): string {
  writeFileSync(join(folderPath, name), '');
  return join(folderPath, name);
}

function link(folderPath: string, name: string, target: string): string {
  symlinkSync(join(folderPath, target), join(folderPath, name));
  return join(folderPath, name);
}
