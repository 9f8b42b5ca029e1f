import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger, type LogRecord } from '../../../main/lib/logger.ts';
import { loadMasterKey, type MasterKey } from '../../../main/store/masterKey.ts';
import { createTempFolder, type TempFolder } from '../../helpers/tempFolder.ts';

const log: LogRecord[] = [];
let folder: TempFolder;
beforeEach(() => {
  folder = createTempFolder('key');
  log.length = 0;
});
afterEach(() => folder.remove());

function load(env: Record<string, string> = {}): MasterKey {
  return loadMasterKey({
    env,
    path: folder.file('master.key'),
    logger: createLogger((record) => void log.push(record)),
  });
}

const unusable = expect.objectContaining({ code: 'secret.key_unusable' });

describe('the key file', () => {
  it('is made once, for its owner alone, and is the same from then on', () => {
    const first = load();
    expect(first).toMatchObject({ source: 'file', isNew: true });
    expect(first.key).toHaveLength(32);
    expect(statSync(folder.file('master.key')).mode & 0o777).toBe(0o600);
    expect(load()).toEqual({ ...first, isNew: false });
    expect(readdirSync(folder.path)).toEqual(['master.key']);
  });

  it('that others could read is closed to them, and it is told', () => {
    const { key } = load();
    chmodSync(folder.file('master.key'), 0o644);
    expect(load().key).toEqual(key);
    expect(statSync(folder.file('master.key')).mode & 0o777).toBe(0o600);
    expect(log).toMatchObject([{ level: 'warn' }]);
  });

  it.each([
    ['empty', ''],
    ['too short', randomBytes(16).toString('base64')],
    ['too long', randomBytes(64).toString('base64')],
    ['not base64', `${'!'.repeat(44)}`],
    ['bytes', randomBytes(32).toString('latin1')],
  ])('that is %s is refused and left as it is, its text never shown', (_what, text) => {
    writeFileSync(folder.file('master.key'), text, { mode: 0o600 });
    expect(() => load()).toThrow(unusable);
    const shown = new Set([text.trim()].filter((part) => part.length > 3));
    for (const part of shown) expect(() => load()).not.toThrow(part);
    expect(readFileSync(folder.file('master.key'), 'utf8')).toBe(text);
  });

  it('that cannot be read is refused: no second key is made beside it', () => {
    mkdirSync(folder.file('master.key'));
    expect(() => load()).toThrow(unusable);
  });

  it('that cannot be made is told', () => {
    folder.remove();
    expect(() => load()).toThrow(expect.objectContaining({ code: 'engine.data_dir_unusable' }));
  });
});

describe('the key from the environment', () => {
  it.each([
    ['base64', (key: Buffer) => key.toString('base64')],
    ['base64 for addresses', (key: Buffer) => key.toString('base64url')],
    ['base64 with a line end', (key: Buffer) => `${key.toString('base64')}\n`],
  ])('is read from %s, and no file is made', (_what, write) => {
    const key = randomBytes(32);
    expect(load({ STREAMWARE_MASTER_KEY: write(key) })).toEqual({ key, source: 'environment', isNew: false });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('that is wrong is refused, not replaced by a file', () => {
    expect(() => load({ STREAMWARE_MASTER_KEY: 'SECRETx7' })).toThrow(unusable);
    expect(() => load({ STREAMWARE_MASTER_KEY: 'SECRETx7' })).not.toThrow(/SECRETx7/);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('that is empty does not count', () => {
    expect(load({ STREAMWARE_MASTER_KEY: '' }).source).toBe('file');
  });
});
