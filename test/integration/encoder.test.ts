import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { delay, systemClock } from '../../main/lib/clock.ts';
import { parseAvcHeaderTag } from '../../main/media/flv/avc.ts';
import { flvFileHeader, flvTagSlices } from '../../main/media/flv/flvWriter.ts';
import type { MediaTag, VideoTag } from '../../main/media/flv/mediaTag.ts';
import { measureAvSync, medianOffsetMs } from '../helpers/avSync.ts';
import { runTool, startPeer } from '../helpers/childProcess.ts';
import {
  createEncoderRig,
  type EncodeOptions,
  type EncoderRig,
  type RunningEncode,
} from '../helpers/encoderRig.ts';
import type { FixtureName } from '../helpers/fixtureRecipes.ts';
import { fixture } from '../helpers/fixtures.ts';
import { freePort } from '../helpers/freePort.ts';
import { continuity, packets } from '../helpers/mediaPackets.ts';
import { sampleTags } from '../helpers/muxerRig.ts';
import { commandLineOf, descendantsOf, isRunning } from '../helpers/processTree.ts';
import { waitFor } from '../helpers/waitFor.ts';

let rig: EncoderRig;
beforeAll(async () => {
  rig = await createEncoderRig();
});
afterAll(() => rig.close());

const small = { width: 320, height: 180, preset: 'ultrafast' } as const;

async function file(name: FixtureName, more: object = {}): Promise<object> {
  return { type: 'file', path: await fixture(name), ...more };
}

/** Encodes until there are that many pictures. */
async function encode(input: unknown, pictures: number, options: EncodeOptions = {}): Promise<RunningEncode> {
  const run = await rig.start(input, options);
  await run.untilPictures(pictures);
  await run.stop();
  return run;
}

function headerOf(tags: readonly MediaTag[]): VideoTag {
  const header = tags.find((tag): tag is VideoTag => tag.kind === 'video' && tag.frame === 'header');
  if (header === undefined) throw new Error('no header');
  return header;
}

interface StreamFacts {
  codec_type: string;
  codec_name: string;
  width?: number;
  height?: number;
  channels?: number;
  sample_rate?: string;
}

async function streamsOf(path: string): Promise<StreamFacts[]> {
  const json = await runTool('ffprobe', ['-v', 'error', '-of', 'json', '-show_streams', path]);
  return (JSON.parse(json) as { streams: StreamFacts[] }).streams;
}

describe('whatever comes in', () => {
  it.each<[FixtureName, { width: number; height: number }]>([
    ['ok.mp4', { width: 640, height: 360 }],
    ['noaudio.mp4', { width: 640, height: 360 }],
    ['lateaudio.mp4', { width: 320, height: 180 }],
    ['odd.mp4', { width: 640, height: 360 }],
    ['rot90.mp4', { width: 360, height: 640 }],
    ['vfr441mono.mp4', { width: 320, height: 180 }],
    ['hevc.mp4', { width: 320, height: 180 }],
    ['vp9.webm', { width: 320, height: 180 }],
    ['hugegop.mp4', { width: 320, height: 180 }],
    ['wrap33.ts', { width: 320, height: 180 }],
    ['d 100%d/in.mp4', { width: 640, height: 360 }],
  ])('%s becomes H.264 and 48 kHz stereo, upright, even and without holes', async (name, size) => {
    const run = await encode(await file(name), name === 'hugegop.mp4' ? 15 : 35);
    const path = run.write(`${name.replace(/\W/g, '')}.flv`);
    expect(await streamsOf(path)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ codec_type: 'video', codec_name: 'h264', ...size }),
        expect.objectContaining({
          codec_type: 'audio',
          codec_name: 'aac',
          channels: 2,
          sample_rate: '48000',
        }),
      ]),
    );
    const { video, audio } = await packets(path);
    const fps = run.plan.renditions[0]?.settings.fps ?? 0;
    expect(continuity(video)).toMatchObject({ backwards: 0, startsWithKey: true });
    expect(continuity(video).biggestGapMs).toBeLessThanOrEqual(Math.ceil(1000 / fps) + 1);
    expect(continuity(audio)).toMatchObject({ backwards: 0 });
    expect(continuity(audio).biggestGapMs).toBeLessThanOrEqual(43);
  });

  it('sound alone gets a picture', async () => {
    const run = await encode(await file('audioonly.m4a'), 20, {
      renditions: [{ id: 'main', request: small }],
    });
    expect(await streamsOf(run.write('wave.flv'))).toEqual(
      expect.arrayContaining([expect.objectContaining({ codec_type: 'video', width: 320, height: 180 })]),
    );
  });

  it('comes out in order: metadata, headers, key frame', async () => {
    const run = await encode(await file('ok.mp4'), 10);
    const order = run.tags().slice(0, 4);
    expect(order.map((tag) => (tag.kind === 'data' ? 'data' : `${tag.kind} ${tag.frame}`))).toEqual([
      'data',
      'video header',
      'audio header',
      'video key',
    ]);
  });

  it('a film that ends says so', async () => {
    const run = await rig.start(
      { type: 'test', durationSeconds: 1 },
      { renditions: [{ id: 'main', request: small }] },
    );
    expect(await run.ended).toMatchObject({ code: 'input.ended' });
    expect(run.tags().filter(({ kind }) => kind === 'video').length).toBeGreaterThanOrEqual(30);
  });
});

describe('key frames', () => {
  it('come every two seconds, in every rendition at the same time', async () => {
    const renditions = [
      { id: 'main', request: { ...small, fps: 30 } },
      { id: 'r1', request: { width: 160, height: 90, fps: 15, preset: 'ultrafast' as const } },
    ];
    const run = await rig.start({ type: 'test' }, { renditions });
    await run.untilPictures(130);
    await run.stop();
    const keys = (id: string): number[] =>
      run
        .tags(id)
        .filter((tag): tag is VideoTag => tag.kind === 'video' && tag.frame === 'key')
        .map((tag) => tag.timestampMs + tag.compositionMs);
    const [first = 0, second = 0, third = 0] = keys('main');
    expect([second - first, third - second]).toEqual([2000, 2000]);
    expect(keys('r1').slice(0, 3)).toEqual([first, second, third]);
  });
});

describe('what a live change relies on', () => {
  it('encoders of different bitrate have byte-identical headers', async () => {
    const at = async (bitrateKbps: number): Promise<Buffer> => {
      const renditions = [{ id: 'main', request: { bitrateKbps } }];
      return headerOf((await encode(await file('ok.mp4'), 3, { renditions })).tags()).payload;
    };
    expect((await at(400)).equals(await at(4000))).toBe(true);
  });

  it('a second encoder can begin where the first one is', async () => {
    const whole = await encode(await file('sync.mp4'), 80);
    const later = await encode(await file('sync.mp4'), 80, { elapsedMs: 12_480 });
    const flashes = async (run: RunningEncode, name: string): Promise<number> =>
      (await measureAvSync(run.write(name)))[1]?.flashSeconds ?? 0;
    // Flashes come at whole seconds of the film: 12.48 s later the next one is 0.52 s away.
    const shift = (await flashes(whole, 'whole.flv')) - (await flashes(later, 'later.flv'));
    expect(Math.round(((shift + 10) % 1) * 100) / 100).toBeCloseTo(0.48, 1);
  });

  it('keeps sound and picture as far apart as they were, also passed through, filtered and slow', async () => {
    const source = medianOffsetMs(await measureAvSync(await fixture('sync.mp4')));
    const variants: EncodeOptions[] = [
      {},
      { steps: [{ type: 'copy' }] },
      { renditions: [{ id: 'main', request: { preset: 'medium' } }] },
      { steps: [{ type: 'audio', gainDb: -3 }] },
    ];
    for (const [index, options] of variants.entries()) {
      const run = await encode(await file('sync.mp4'), 85, options);
      const offset = medianOffsetMs(await measureAvSync(run.write(`sync-${index}.flv`)));
      expect(Math.abs(offset - source)).toBeLessThanOrEqual(40);
    }
  });
});

describe('steps', () => {
  it('text shows what it says, whatever it says, and changes on the air', async () => {
    const text = "100% %{pts} [x];:,'\\ {metadata} \u2028 ąę";
    const steps = [{ type: 'text', text, position: 'top-left', fontSizePx: 40, color: 'white', box: false }];
    const run = await rig.start(
      { type: 'file', path: await fixture('noaudio.mp4'), loop: true },
      { steps, renditions: [{ id: 'main', request: small }] },
    );
    await run.untilPictures(20);
    await run.session.setText(0, '');
    await run.untilPictures(50);
    await run.session.setText(0, 'now different');
    await run.untilPictures(80);
    expect(run.session.progress().frames).toBeGreaterThanOrEqual(80);
    await run.stop();
    await expect(run.session.setText(5, 'x')).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('a watermark is laid over, and what is not a picture is refused', async () => {
    const image = await fixture('odd.png');
    const run = await encode(await file('ok.mp4'), 5, {
      steps: [{ type: 'watermark', image, widthPercent: 20, opacity: 0.6 }],
    });
    expect(run.session.progress().frames).toBeGreaterThanOrEqual(5);
    const fake = rig.folder.file('logo.png');
    writeFileSync(fake, '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>');
    await expect(
      rig.start(await file('ok.mp4'), { steps: [{ type: 'watermark', image: fake }] }),
    ).rejects.toMatchObject({
      code: 'file.path_refused',
      field: 'processing.0.image',
    });
  });

  it('crop, scale and pad make the size they say', async () => {
    const steps = [
      { type: 'crop', x: 10, y: 10, width: 321, height: 181 },
      { type: 'scale', width: 200, height: 200, fit: 'cover' },
      { type: 'pad', width: 300, height: 200, color: 'gold' },
    ];
    const run = await encode(await file('noaudio.mp4'), 3, { steps });
    expect(parseAvcHeaderTag(headerOf(run.tags()))).toMatchObject({ width: 300, height: 200 });
  });
});

describe('what is fed', () => {
  it('an ingest is transcoded, across a jump of the publisher’s clock', async () => {
    const tags = await sampleTags({ seconds: 4, fps: 25, bFrames: 2 });
    const probe = await rig.prober.probeFlv(flvOf(tags));
    const run = await rig.start({ type: 'ingest', key: 'k' }, { probe });
    for (const tag of tags) run.session.feed(tag);
    for (const tag of tags) run.session.feed({ ...tag, timestampMs: tag.timestampMs + 5_000_000 });
    await run.untilPictures(150);
    await run.stop();
    const { video } = await packets(run.write('ingest.flv'));
    expect(video.length).toBeGreaterThanOrEqual(150);
    expect(video.length).toBeLessThan(300);
    expect(continuity(video)).toMatchObject({ backwards: 0, startsWithKey: true });
    expect(continuity(video).biggestGapMs).toBeLessThanOrEqual(80);
  });

  it('waits, without complaint, for a publisher that pauses', async () => {
    const tags = await sampleTags({ seconds: 2, fps: 25 });
    const probe = await rig.prober.probeFlv(flvOf(tags));
    const run = await rig.start({ type: 'ingest', key: 'k' }, { probe, stallTimeoutMs: 600 });
    for (const tag of tags) run.session.feed(tag);
    await run.untilPictures(30);
    const before = run.session.progress().frames;
    await delay(systemClock, 1500);
    for (let round = 1; round <= 3; round++) {
      for (const tag of tags) run.session.feed({ ...tag, timestampMs: tag.timestampMs + round * 2000 });
    }
    await run.untilPictures(before + 40);
    expect(run.session.progress().frames).toBeGreaterThan(before + 39);
    await run.stop();
  });
});

describe('a live sender', () => {
  it.each([
    [
      'RTMP',
      (port: number) => ['-listen', '1', '-f', 'flv', `rtmp://127.0.0.1:${port}/live/SECRETx7`],
      (port: number) => ({ type: 'rtmp', url: `rtmp://127.0.0.1:${port}/live/SECRETx7` }),
    ],
    [
      'SRT with a passphrase',
      (port: number) => ['-f', 'mpegts', `srt://127.0.0.1:${port}?mode=listener&passphrase=SECRETy8abc`],
      (port: number) => ({ type: 'srt', url: `srt://127.0.0.1:${port}`, passphrase: 'SECRETy8abc' }),
    ],
  ])(
    '%s: one that serves a single connection is looked into and encoded over it',
    async (_name, output, input) => {
      const port = await freePort();
      const film = await fixture('ok.mp4');
      const sender = await startPeer({
        command: rig.binary.ffmpegPath,
        args: ['-v', 'error', '-re', '-stream_loop', '-1', '-i', film, '-c', 'copy', ...output(port)],
      });
      // Until the sender listens it is simply tried again, as the program does.
      const run = await waitFor(() => rig.start(input(port)), { what: 'the sender to be reached' });
      await run.untilPictures(40);
      const own = descendantsOf(process.pid).filter((pid) => pid !== sender.pid);
      expect(own.map(commandLineOf).join()).not.toContain('SECRET');
      await sender.stop();
      expect(await run.ended).toMatchObject({ retryable: true });
      const { video, audio } = await packets(run.write(`live-${port}.flv`));
      expect(video.length).toBeGreaterThanOrEqual(40);
      expect(continuity(video)).toMatchObject({ backwards: 0, startsWithKey: true });
      expect(continuity(audio).biggestGapMs).toBeLessThanOrEqual(43);
    },
  );

  it('that is not there is reported as such, and nothing is left running', async () => {
    await expect(rig.start({ type: 'rtmp', url: 'rtmp://127.0.0.1:1/live/x' })).rejects.toMatchObject({
      code: 'input.unreachable',
    });
    expect(descendantsOf(process.pid).filter((pid) => commandLineOf(pid).includes('-progress'))).toEqual([]);
  });
});

describe('when it goes wrong', () => {
  it('a sender that is silent from the start is given up in time', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const probe = await rig.probe(await file('ok.mp4'));
    const run = await rig.start(
      { type: 'rtmp', url: `rtmp://127.0.0.1:${port}/live/SECRETx7` },
      { probe, startTimeoutMs: 1000 },
    );
    const pid = await waitFor(
      () => descendantsOf(process.pid).find((id) => commandLineOf(id).includes('-progress')),
      {
        what: 'the encoder to run',
      },
    );
    expect(commandLineOf(pid)).not.toContain('SECRET');
    expect(await run.ended).toMatchObject({ code: 'input.timeout' });
    expect(isRunning(pid)).toBe(false);
    silent.close();
  });

  it('a stopped ffmpeg is noticed, and ended', async () => {
    const run = await rig.start(
      { type: 'test' },
      { renditions: [{ id: 'main', request: small }], stallTimeoutMs: 1500 },
    );
    await run.untilPictures(5);
    const pid = descendantsOf(process.pid).find((id) => commandLineOf(id).includes('-progress')) ?? 0;
    process.kill(pid, 'SIGSTOP');
    expect(await run.ended).toMatchObject({ code: 'input.stalled' });
    expect(isRunning(pid)).toBe(false);
  });

  it('a killed ffmpeg is reported as such', async () => {
    const run = await rig.start({ type: 'test' }, { renditions: [{ id: 'main', request: small }] });
    await run.untilPictures(5);
    const pid = descendantsOf(process.pid).find((id) => commandLineOf(id).includes('-progress')) ?? 0;
    process.kill(pid, 'SIGKILL');
    expect(await run.ended).toMatchObject({
      code: 'ffmpeg.exited',
      detail: expect.stringContaining('SIGKILL'),
    });
  });

  it('leaves nothing behind when it is stopped', async () => {
    const run = await rig.start(
      { type: 'test' },
      { renditions: [{ id: 'main', request: small }], steps: [{ type: 'text', text: 'x' }] },
    );
    await run.untilPictures(3);
    await run.stop();
    expect(await run.ended).toBeNull();
    expect(descendantsOf(process.pid).filter((id) => commandLineOf(id).includes('-progress'))).toEqual([]);
  });
});

function flvOf(tags: readonly MediaTag[]): Buffer {
  return Buffer.concat([
    flvFileHeader({ hasAudio: true, hasVideo: true }),
    ...tags.flatMap((tag) => flvTagSlices(tag)),
  ]);
}
