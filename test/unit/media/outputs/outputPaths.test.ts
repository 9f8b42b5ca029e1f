import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StreamwareError } from '../../../../main/contract/errors.ts';
import {
  absoluteOutputPath,
  isInside,
  resolvePlaylistPath,
  resolveRecordingPath,
} from '../../../../main/media/outputs/outputPaths.ts';
import { createTempFolder, type TempFolder } from '../../../helpers/tempFolder.ts';

let folder: TempFolder;
let media: string;
beforeEach(() => {
  folder = createTempFolder('paths');
  media = folder.file('media');
  mkdirSync(media);
});
afterEach(() => folder.remove());

const plugin = (): Parameters<typeof resolveRecordingPath>[1] => ({
  mediaFolder: media,
  mayUseAnyFolder: false,
  field: 'output.0.path',
});
const local = (): Parameters<typeof resolveRecordingPath>[1] => ({ ...plugin(), mayUseAnyFolder: true });

describe('the path of a recording', () => {
  it.each([
    ['a plain name', 'show.mp4', 'show.mp4'],
    ['a folder that does not exist yet', 'a/b/show.mkv', 'a/b/show.mkv'],
    ['capitals in the extension', 'Show.MP4', 'Show.MP4'],
    ['a name like an option', '-v.mp4', '-v.mp4'],
    ['a pattern', 'part %d 100%.ts', 'part %d 100%.ts'],
    ['pipes, quotes and brackets', 'a|b[c] "d" it\'s $(id).flv', 'a|b[c] "d" it\'s $(id).flv'],
    ['a colon as people write it', 'Show: part 1.mov', 'Show: part 1.mov'],
    ['any script', 'Środa 🎥 番組.mp4', 'Środa 🎥 番組.mp4'],
    ['a dot on the way', './show.mp4', 'show.mp4'],
  ])('%s stays inside the media folder', async (_, typed, expected) => {
    expect(await resolveRecordingPath(typed, plugin())).toBe(join(media, expected));
  });

  it.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['a NUL character', 'a\0.mp4'],
    ['a line break', 'a\n.mp4'],
    ['a way out', '../x.mp4'],
    ['a way out further in', 'a/../../x.mp4'],
    ['an absolute path', '/tmp/x.mp4'],
    ['another extension', 'x.sh'],
    ['no extension', 'x'],
    ['an extension alone', '.mp4'],
    ['a protocol of ffmpeg', 'file:x.mp4'],
    ['a pipe', 'pipe:1.mp4'],
    ['tee', 'tee:a.mp4'],
    ['concat', 'concat:a|b.mp4'],
    ['subfile', 'subfile,,start,0,end,9,,:x.mp4'],
    ['an address', 'http://127.0.0.1/x.mp4'],
    ['an address of any scheme', 'foo+bar://x.mp4'],
    ['an address with an option behind it', 'rtmp://x/live|[f=flv]file:/tmp/pwn.flv'],
    ['a name that is too long', `${'x'.repeat(201)}.mp4`],
  ])('%s is refused, with the field and what to do', async (_, typed) => {
    const error = await resolveRecordingPath(typed, plugin()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StreamwareError);
    expect(error).toMatchObject({ code: 'file.path_refused', field: 'output.0.path' });
    expect((error as StreamwareError).hint).not.toBe('');
  });

  it('may be absolute for who may use any folder, if it names a media file', async () => {
    expect(await resolveRecordingPath(folder.file('other/x.mp4'), local())).toBe(folder.file('other/x.mp4'));
    expect(absoluteOutputPath('~/x.mp4', ['.mp4'], local())).toBe(join(homedir(), 'x.mp4'));
    expect(absoluteOutputPath(join(media, 'x.mp4'), ['.mp4'], plugin())).toBe(join(media, 'x.mp4'));
    for (const path of ['/etc/cron.d/x', '/etc/passwd', 'file:/tmp/x.mp4', '../x.mp4']) {
      await expect(resolveRecordingPath(path, local())).rejects.toMatchObject({ code: 'file.path_refused' });
    }
  });

  it('does not follow a link out of the media folder', async () => {
    mkdirSync(folder.file('outside'));
    symlinkSync(folder.file('outside'), join(media, 'link'));
    await expect(resolveRecordingPath('link/x.mp4', plugin())).rejects.toMatchObject({
      code: 'file.path_refused',
    });
    await expect(resolveRecordingPath('link/deeper/x.mp4', plugin())).rejects.toMatchObject({
      code: 'file.path_refused',
    });
  });

  it('takes a media folder that is itself behind a link', async () => {
    symlinkSync(media, folder.file('alias'));
    const policy = { ...plugin(), mediaFolder: folder.file('alias') };
    expect(await resolveRecordingPath('x.mp4', policy)).toBe(folder.file('alias/x.mp4'));
    const missing = { ...plugin(), mediaFolder: folder.file('not/made/yet') };
    expect(await resolveRecordingPath('x.mp4', missing)).toBe(folder.file('not/made/yet/x.mp4'));
  });

  it('cannot be below a file', async () => {
    writeFileSync(join(media, 'file'), '');
    await expect(resolveRecordingPath('file/x.mp4', plugin())).rejects.toMatchObject({
      code: 'file.not_writable',
    });
  });

  it.each(['con.mp4', 'a:b.mp4', 'a?.mp4', 'a\\..\\b.mp4', 'x /y.mp4'])('is not %s on Windows', (name) => {
    expect(() => absoluteOutputPath(name, ['.mp4'], { ...plugin(), platform: 'win32' })).toThrow(
      StreamwareError,
    );
  });
});

describe('the path of a playlist', () => {
  it('under /live/ is an address on the engine', async () => {
    expect(await resolvePlaylistPath('/live/show.m3u8', folder.file('hls'), plugin())).toEqual({
      playlistPath: folder.file('hls/show.m3u8'),
      playbackPath: '/live/show.m3u8',
    });
    expect((await resolvePlaylistPath('/live/a/b.m3u8', folder.file('hls'), local())).playlistPath).toBe(
      folder.file('hls/a/b.m3u8'),
    );
  });

  it.each([
    '/live/../x.m3u8',
    '/live//x.m3u8',
    '/live/.x.m3u8',
    '/live/a/../../x.m3u8',
    '/live/x.ts',
    '/live/',
  ])('%s is refused', async (path) => {
    await expect(resolvePlaylistPath(path, folder.file('hls'), local())).rejects.toMatchObject({
      code: 'file.path_refused',
    });
  });

  it('elsewhere follows the rules of recordings', async () => {
    const path = folder.file('www/show.m3u8');
    expect(await resolvePlaylistPath(path, folder.file('hls'), local())).toEqual({
      playlistPath: path,
      playbackPath: null,
    });
    await expect(resolvePlaylistPath(path, folder.file('hls'), plugin())).rejects.toMatchObject({
      code: 'file.path_refused',
    });
  });
});

describe('isInside', () => {
  it.each([
    ['/a/b', '/a', true],
    ['/a', '/a', true],
    ['/a/..b', '/a', true],
    ['/ab', '/a', false],
    ['/', '/a', false],
    ['/a/../b', '/a', false],
  ])('%s in %s: %s', (path, parent, expected) => {
    expect(isInside(path, parent)).toBe(expected);
  });
});
