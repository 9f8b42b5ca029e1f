import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger, type LogRecord, nullLogger } from '../../main/lib/logger.ts';
import { createEncoderChooser, type EncoderChooser } from '../../main/media/encoder/encoderChoice.ts';
import type { PlannedRendition } from '../../main/media/encoder/encoderPlan.ts';
import { createSlateRenderer, type SlateRenderer } from '../../main/media/encoder/slateClip.ts';
import { findVideoEncoder } from '../../main/media/encoder/videoEncoders.ts';
import { flvFileHeader, flvTagSlices } from '../../main/media/flv/flvWriter.ts';
import type { MediaTag, VideoTag } from '../../main/media/flv/mediaTag.ts';
import type { SlateClip } from '../../main/media/relay/slateClip.ts';
import { runTool } from '../helpers/childProcess.ts';
import { createEncoderRig, type EncoderRig } from '../helpers/encoderRig.ts';
import { fixture } from '../helpers/fixtures.ts';

let rig: EncoderRig;
let slates: SlateRenderer;

beforeAll(async () => {
  rig = await createEncoderRig();
  slates = createSlates();
});
afterAll(() => rig.close());

function createSlates(): SlateRenderer {
  return createSlateRenderer({
    ...rig.brief,
    findBinary: async () => rig.binary,
    abilities: async () => rig.abilities,
    temporaryFolder: rig.folder.file("slates of o'neil"),
  });
}

function format(
  more: Partial<PlannedRendition['settings']> = {},
): Pick<PlannedRendition, 'settings' | 'colour' | 'encoder'> {
  return {
    settings: {
      codec: 'h264',
      width: 320,
      height: 180,
      fps: 25,
      bitrateKbps: 500,
      keyFrameIntervalSeconds: 2,
      preset: 'veryfast',
      ...more,
    },
    colour: 'bt709',
    encoder: findVideoEncoder('libx264'),
  };
}

/** Mean brightness of the clip's pictures. */
async function brightness(clip: SlateClip): Promise<number> {
  const path = rig.folder.file('slate.flv');
  const tags: MediaTag[] = [clip.videoHeader, ...clip.frames];
  writeFileSync(
    path,
    Buffer.concat([
      flvFileHeader({ hasAudio: false, hasVideo: true }),
      ...tags.flatMap((tag) => flvTagSlices(tag)),
    ]),
  );
  const filter = 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-';
  const output = await runTool('ffmpeg', ['-v', 'error', '-i', path, '-vf', filter, '-f', 'null', '-']);
  const values = [...output.matchAll(/YAVG=([\d.]+)/g)].map(([, value]) => Number(value));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('the slate', () => {
  it.each([
    ['25 fps', { fps: 25 }, 50, 2000],
    ['29.97 fps', { fps: 30_000 / 1001 }, 60, 2002],
    ['a key frame each second', { fps: 30, keyFrameIntervalSeconds: 1 }, 30, 1000],
  ])('is one group of pictures: %s', async (_name, settings, pictures, durationMs) => {
    const clip = await slates.render(format(settings), { text: 'Soon' });
    expect(clip.frames).toHaveLength(pictures);
    expect(clip.frames.filter((tag) => (tag as VideoTag).frame === 'key')).toHaveLength(1);
    expect([clip.frames[0]?.timestampMs, clip.durationMs]).toEqual([0, durationMs]);
    expect(clip.frames.at(-1)?.timestampMs).toBeLessThan(durationMs);
  });

  it('has byte for byte the header of the program, whatever the film and the bitrate', async () => {
    const renditions = [{ id: 'main', request: { bitrateKbps: 700 } }];
    const run = await rig.start({ type: 'file', path: await fixture('ok.mp4') }, { renditions });
    await run.untilPictures(1);
    await run.stop();
    const planned = run.plan.renditions[0];
    if (planned === undefined) throw new Error('no rendition');
    const header = run.tags().find((tag): tag is VideoTag => tag.kind === 'video' && tag.frame === 'header');
    const clip = await slates.render(planned, { text: 'Soon' });
    expect(clip.videoHeader.payload.equals(header?.payload ?? Buffer.alloc(0))).toBe(true);
    const sound = run.tags().find((tag) => tag.kind === 'audio' && tag.frame === 'header');
    expect(clip.audioHeader?.payload).toEqual(sound?.payload);
  });

  it('is the same picture whenever it is made, so that a change of quality is not seen on it', async () => {
    const [first, second] = [createSlates(), createSlates()];
    const payloads = async (renderer: SlateRenderer): Promise<Buffer[]> =>
      (await renderer.render(format(), { text: 'Soon' })).frames.map(({ payload }) => payload);
    expect(await payloads(first)).toEqual(await payloads(second));
  });

  it('shows the words, with every character as it is', async () => {
    const plain = await brightness(await slates.render(format(), { text: '' }));
    const words = await brightness(
      await slates.render(format(), { text: "100% 'ready': [x];,\\ %{pts} ąę" }),
    );
    expect(words).toBeGreaterThan(plain + 1);
  });

  it('shows the user’s picture, and refuses what is none', async () => {
    const image = rig.folder.file('white.png');
    await runTool('ffmpeg', [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'color=white:s=101x77',
      '-frames:v',
      '1',
      image,
    ]);
    expect(await brightness(await slates.render(format(), { text: 'x', image }))).toBeGreaterThan(120);
    await expect(slates.render(format(), { text: 'x', image: '/etc/passwd' })).rejects.toMatchObject({
      code: 'file.path_refused',
      field: 'slate.image',
    });
  });

  it('is made once, and leaves no files behind', async () => {
    const first = slates.render(format(), { text: 'once' });
    expect(slates.render(format(), { text: 'once' })).toBe(first);
    await first;
    expect(readdirSync(rig.folder.file("slates of o'neil"))).toEqual([]);
  });
});

describe('the choice of encoders', () => {
  const wish = { codec: 'h264', width: 320, height: 180, fps: 25 } as const;
  const cacheFile = (): string => rig.folder.file('cache/encoders.json');

  function chooser(records: LogRecord[], more: object = {}): EncoderChooser {
    return createEncoderChooser({
      ...rig.brief,
      findBinary: async () => rig.binary,
      abilities: async () => rig.abilities,
      cacheFile: cacheFile(),
      logger: createLogger((record) => void records.push(record)),
      ...more,
    });
  }
  const tried = (records: readonly LogRecord[]): unknown[] => records.map(({ fields }) => fields.encoder);

  it('gives what works, best first, and asks each once', async () => {
    const records: LogRecord[] = [];
    const encoders = await chooser(records).candidates(wish);
    expect(encoders.map(({ name }) => name)).toContain('libx264');
    expect(tried(records)).toContain('libx264');
    expect(existsSync(cacheFile())).toBe(true);
    const again: LogRecord[] = [];
    expect(await chooser(again).candidates({ ...wish, width: 160, height: 90 })).toEqual(encoders);
    expect(tried(again)).not.toContain('libx264');
  });

  it('recalls what it was told, and says when it would have to ask', async () => {
    const fresh = { cacheFile: rig.folder.file('cache/fresh.json') };
    expect(await chooser([], fresh).recall(wish)).toBeNull();
    const encoders = await chooser([], fresh).candidates(wish);
    const records: LogRecord[] = [];
    expect(await chooser(records, fresh).recall(wish)).toEqual(encoders);
    expect(await chooser(records, fresh).recall({ ...wish, fps: 60 })).toBeNull();
    expect(tried(records)).toEqual([]);
  });

  it('asks again for more than was tried', async () => {
    const records: LogRecord[] = [];
    await chooser(records).candidates({ ...wish, width: 640, height: 360 });
    expect(tried(records)).toEqual(['libx264']);
  });

  it('asks again when ffmpeg is another one', async () => {
    const records: LogRecord[] = [];
    const binary = { ...rig.binary, identity: 'another build' };
    await chooser(records, { findBinary: async () => binary }).candidates(wish);
    expect(tried(records)).toContain('libx264');
  });

  it('is not put off by a damaged file, nor by a folder that cannot be written', async () => {
    writeFileSync(cacheFile(), '{"identity": ');
    expect(await chooser([]).candidates(wish)).not.toEqual([]);
    expect(JSON.parse(readFileSync(cacheFile(), 'utf8'))).toHaveProperty('answers');
    expect(
      await chooser([], { cacheFile: '/dev/null/x.json', logger: nullLogger }).candidates(wish),
    ).not.toEqual([]);
  });

  it('gives nothing for a codec that nothing here encodes', async () => {
    const abilities = { ...rig.abilities, encoders: new Set(['aac']) };
    expect(await chooser([], { abilities: async () => abilities }).candidates(wish)).toEqual([]);
  });
});
