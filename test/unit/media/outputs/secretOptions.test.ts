import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { presetText, writeSecretOptions } from '../../../../main/media/outputs/secretOptions.ts';
import { createFakeClock } from '../../../helpers/fakeClock.ts';
import { createTempFolder, type TempFolder } from '../../../helpers/tempFolder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = createTempFolder('secrets');
});
afterEach(() => folder.remove());

describe('options that nobody may see', () => {
  it('are one line each, whatever is in them', () => {
    expect(presetText({ passphrase: 'a=b #c;d\'e"f', rtmp_playpath: 'ключ-🎥 %20' })).toBe(
      'passphrase=a=b #c;d\'e"f\nrtmp_playpath=ключ-🎥 %20\n',
    );
  });

  it.each([['a\nb'], ['a\rb'], ['a\0b'], [''], ['x'.repeat(991)]])(
    'are refused when a line cannot hold %j',
    (value) => {
      expect(() => presetText({ passphrase: value })).toThrow(
        expect.objectContaining({ code: 'request.invalid' }),
      );
    },
  );

  it('are in a file for their owner alone, until it is removed', async () => {
    const options = await writeSecretOptions(
      folder.path,
      { passphrase: 'secret' },
      createFakeClock(Date.now()),
    );
    const [, path = ''] = options.args;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe('passphrase=secret\n');
    await options.remove();
    await options.remove();
    expect(existsSync(path)).toBe(false);
  });

  it('left by an engine that was killed are removed later, and nothing else is', async () => {
    const clock = createFakeClock(Date.now());
    const old = new Date(clock.nowMs() - 3_600_000);
    for (const name of ['muxer-options-old', 'other']) {
      writeFileSync(folder.file(name), '');
      utimesSync(folder.file(name), old, old);
    }
    await writeSecretOptions(folder.path, { passphrase: 'secret' }, clock);
    expect(['muxer-options-old', 'other'].map((name) => existsSync(folder.file(name)))).toEqual([
      false,
      true,
    ]);
  });
});
