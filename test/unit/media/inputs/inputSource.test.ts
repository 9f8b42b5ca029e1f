import { describe, expect, it } from 'vitest';
import { inputSchema } from '../../../../main/contract/inputs.ts';
import { filePositionSeconds } from '../../../../main/media/inputs/fileInput.ts';
import { type InputSource, inputSource } from '../../../../main/media/inputs/index.ts';
import { looksLikePlaylist } from '../../../../main/media/inputs/mediaFormats.ts';
import { inputContext } from '../../../helpers/encoderParts.ts';

function source(input: unknown, more = {}): InputSource {
  return inputSource(inputSchema.parse(input), inputContext(more));
}

/** Everything that would stand in the process list. */
function commandLine({ openings }: InputSource): string {
  return openings
    .flatMap(({ options, readOptions = [], url }) => [...options, ...readOptions, '-i', url])
    .join(' ');
}

describe('a file', () => {
  it.each(['-v.mp4', 'a b.mp4', 'd 100%d/in.mp4', 'concat:a|b', "it's [x],y;z.mp4", 'https:/x/y.mp4'])(
    '%s is opened as that file and nothing else',
    (name) => {
      const { openings } = source({ type: 'file', path: `/videos/${name}` });
      expect(openings[0]?.url).toBe(`file:/videos/${name}`);
      expect(openings[0]?.options.slice(0, 2)).toEqual(['-protocol_whitelist', 'file']);
    },
  );

  it.each(['hls', 'concat', 'dash', 'sdp', 'image2', 'lavfi', 'tty', 'rtsp', 'imf'])(
    'is never read as %s, which would open more',
    (demuxer) => {
      const options = source({ type: 'file', path: 'x.mp4' }).openings[0]?.options ?? [];
      const allowed = options[options.indexOf('-format_whitelist') + 1]?.split(',') ?? [];
      expect(allowed).toContain('mov');
      expect(allowed).not.toContain(demuxer);
    },
  );

  it('loops and begins where it is told', () => {
    const file = source({ type: 'file', path: '/a.mp4', loop: true, startSeconds: 5 });
    expect(file.openings[0]?.readOptions).toEqual(['-stream_loop', '-1', '-ss', '5.000']);
  });

  it.each([
    ['from the start', { loop: false, startSeconds: 3 }, 1500, null, 4.5],
    ['in a loop', { loop: true, startSeconds: 3 }, 20_000, 10, 3],
    ['in a loop of unknown length', { loop: true, startSeconds: 3 }, 20_000, null, 23],
  ])('continues %s', (_name, input, elapsedMs, durationSeconds, expected) => {
    expect(filePositionSeconds(input, elapsedMs, durationSeconds)).toBeCloseTo(expected);
  });
});

describe('addresses with keys and passwords', () => {
  it.each([
    { type: 'rtmp', url: 'rtmp://host/live/SECRETx7?tok=SECRETy8' },
    { type: 'rtsp', url: 'rtsp://admin:SECRETz9@10.0.0.2/stream' },
    { type: 'srt', url: 'srt://host:9000?streamid=SECRETq1', passphrase: 'SECRETw2abcdef' },
    { type: 'http', url: 'https://user:SECRETz9@host/x.m3u8?sig=SECRETy8' },
  ])('$type: are not in the process list, but known as secrets', (input) => {
    const made = source(input, { gateUrl: 'http://streamware:GATE@127.0.0.1:1' });
    expect(commandLine(made)).not.toMatch(/SECRET|GATE/);
    expect(made.secrets.join(' ')).toContain('SECRET');
  });

  it('cannot break out of the script that names them', () => {
    const { stdinText } = source({ type: 'rtmp', url: "rtmp://host/live/a'\\b" });
    expect(stdinText?.split('\n')[1]).toBe("file 'rtmp://host/live/a'\\''\\b'");
  });

  it('open nothing but the protocol of the input', () => {
    const { stdinText = '' } = source({ type: 'rtmp', url: 'rtmp://host/live/a' });
    expect(stdinText).toContain("option protocol_whitelist 'rtmp,rtmps,tcp,tls'");
    expect(stdinText).toContain("option format_whitelist 'flv,live_flv'");
  });

  it('http has no way around the gate', () => {
    const { environment } = source(
      { type: 'http', url: 'http://host/x' },
      { gateUrl: 'http://s:GATE@127.0.0.1:1' },
    );
    expect(environment).toEqual({ http_proxy: 'http://s:GATE@127.0.0.1:1', no_proxy: undefined });
  });
});

describe('devices', () => {
  it('the screen of this session, or a part of it', () => {
    const part = { type: 'screen', x: 10, y: 20, width: 641, height: 361, fps: 25, showCursor: false };
    expect(commandLine(source(part))).toBe(
      '-f x11grab -fpsprobesize 0 -framerate 25 -draw_mouse 0 -video_size 641x361 -i :3+10,20',
    );
    expect(commandLine(source({ type: 'screen' }))).toContain('-i :3+0,0');
  });

  it.each([
    [':0.1', ':0.1'],
    ['1', ':3.1'],
    ['host:0', 'host:0'],
  ])('display %s is %s', (display, expected) => {
    expect(commandLine(source({ type: 'screen', display }))).toContain(`-i ${expected}+0,0`);
  });

  it.each(['-i', ':0 -i x', '/tmp/x', 'concat:a'])('display %s is refused', (display) => {
    expect(() => source({ type: 'screen', display })).toThrow(/X11 display/);
  });

  it('a camera with its own microphone is two openings', () => {
    const camera = source({
      type: 'camera',
      device: '/dev/video0',
      audioDevice: 'hw:1,0',
      width: 640,
      height: 480,
    });
    expect(camera.openings.map(({ url }) => url)).toEqual(['/dev/video0', 'hw:1,0']);
    expect([camera.videoOpening, camera.audioOpening, camera.isExclusive]).toEqual([0, 1, true]);
  });

  it.each(['/etc/passwd', '/dev/sda', '../video0', 'file:/x', '/dev/video0; id'])(
    'camera %s is refused',
    (device) => {
      expect(() => source({ type: 'camera', device })).toThrow(/camera/);
    },
  );

  it.each(["tee:default,'/tmp/x',raw", 'file:/tmp/x', 'hw:0 -i x'])(
    'microphone %s is refused',
    (audioDevice) => {
      expect(() => source({ type: 'camera', device: '0', audioDevice })).toThrow(/microphone/);
    },
  );

  it('speaks to each system in its own words', () => {
    const camera = { type: 'camera', device: 'HD Cam', audioDevice: 'Mic' };
    expect(commandLine(source(camera, { platform: 'win32' }))).toContain('-i video=HD Cam');
    expect(commandLine(source(camera, { platform: 'darwin' }))).toContain('-i HD Cam:none');
    const screen = source({ type: 'screen', x: 1, y: 2, width: 100, height: 100 }, { platform: 'darwin' });
    expect(screen.crop).toEqual({ x: 1, y: 2, width: 100, height: 100 });
    expect(commandLine(source({ type: 'screen' }, { platform: 'win32' }))).toContain('-f gdigrab');
  });
});

describe('the test scene', () => {
  it('can be entered anywhere, so that a second encoder continues the first', () => {
    const later = source({ type: 'test' }, { elapsedMs: 61_500 });
    expect(later.openings[0]?.url).toContain('pts\\:hms\\:61.500');
    expect(later.openings[0]?.url).toContain('(t+61.500)');
    expect(later.canSeek).toBe(true);
  });

  it('is shorter by what is over already', () => {
    const later = source({ type: 'test', durationSeconds: 100 }, { elapsedMs: 61_500 });
    expect(later.openings[0]?.readOptions).toEqual(['-t', '38.500']);
  });
});

describe('looksLikePlaylist', () => {
  it.each([
    '#EXTM3U\n#EXT-X-TARGETDURATION:20',
    '\uFEFF#EXTM3U',
    '\n\n#EXTM3U',
    'ffconcat version 1.0\nfile a.mp4',
    '# a comment\nfile a.mp4\n',
    "file 'a.mp4'",
    '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">',
    '<!-- x --><smil>',
    'v=0\r\no=- 0 0 IN IP4 127.0.0.1',
    '[playlist]\nFile1=x',
  ])('%j', (text) => {
    expect(looksLikePlaylist(Buffer.from(text))).toBe(true);
  });

  it.each([
    ['an MP4', Buffer.from('00000020667479706d703432', 'hex')],
    ['a transport stream', Buffer.from('47400010', 'hex')],
    ['a text file', Buffer.from('a film of mine')],
    ['nothing', Buffer.alloc(0)],
  ])('not %s', (_name, head) => {
    expect(looksLikePlaylist(head)).toBe(false);
  });
});
