import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createFileAtomic,
  removeLeftoverTemporaries,
  writeFileAtomic,
} from '../../../main/lib/atomicFile.ts';
import { createTempFolder, type TempFolder } from '../../helpers/tempFolder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = createTempFolder('atomic');
});
afterEach(() => folder.remove());

describe('writing', () => {
  it('replaces the file, for its owner alone, and leaves nothing beside it', () => {
    writeFileAtomic(folder.file('a'), 'old');
    writeFileAtomic(folder.file('a'), 'new');
    expect(readFileSync(folder.file('a'), 'utf8')).toBe('new');
    expect(statSync(folder.file('a')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder.path)).toEqual(['a']);
  });

  it('that fails leaves the old file and nothing else', () => {
    mkdirSync(folder.file('a'));
    writeFileSync(folder.file('a/inside'), 'x');
    expect(() => writeFileAtomic(folder.file('a'), 'new')).toThrow();
    expect(readdirSync(folder.path)).toEqual(['a']);
    expect(readFileSync(folder.file('a/inside'), 'utf8')).toBe('x');
  });

  it('takes the place of a symbolic link, not of what it points to', () => {
    writeFileSync(folder.file('target'), 'precious');
    symlinkSync(folder.file('target'), folder.file('a'));
    writeFileAtomic(folder.file('a'), 'new');
    expect(readFileSync(folder.file('target'), 'utf8')).toBe('precious');
  });
});

describe('creating', () => {
  it('never overwrites', () => {
    expect(createFileAtomic(folder.file('a'), 'first')).toBe(true);
    expect(createFileAtomic(folder.file('a'), 'second')).toBe(false);
    expect(readFileSync(folder.file('a'), 'utf8')).toBe('first');
    expect(readdirSync(folder.path)).toEqual(['a']);
  });
});

it('sweeps up what a killed writer left, and nothing else', () => {
  const [old, young] = ['.engine.json.0123456789ab.tmp', '.engine.json.ba9876543210.tmp'];
  for (const name of [old, young]) writeFileSync(folder.file(name), 'half');
  utimesSync(folder.file(old), 1000, 1000);
  for (const name of ['a.tmp', '.hidden.tmp', '.a.0123456789ab.tmp.txt'])
    writeFileSync(folder.file(name), 'x');
  removeLeftoverTemporaries(folder.path, statSync(folder.file(young)).mtimeMs);
  expect(existsSync(folder.file(old))).toBe(false);
  expect(readdirSync(folder.path)).toHaveLength(4);
});
