// Whatever a source is made of: every destination gets what players and platforms take, and the user is told what was done.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamConfigInput } from '../../../main/contract/streams.ts';
import { runTool } from '../../helpers/childProcess.ts';
import type { FixtureName } from '../../helpers/fixtureRecipes.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { readPlaylist } from '../../helpers/hlsReader.ts';
import { continuity, packets } from '../../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { smallPicture } from '../../helpers/testEngine.ts';

const modest = { type: 'transcode', bitrateKbps: 400, preset: 'ultrafast' } as const;
const untouched = { type: 'copy' } as const;

interface Arrived {
  readonly video: string;
  readonly audio: string;
  readonly width: number;
  readonly height: number;
}

async function arrivedAt(file: string): Promise<Arrived> {
  const entries = 'stream=codec_type,codec_name,width,height,channels';
  const shown = await runTool('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', file]);
  const { streams } = JSON.parse(shown) as { streams: Record<string, string | number>[] };
  const [video] = streams.filter((stream) => stream.codec_type === 'video');
  const [audio] = streams.filter((stream) => stream.codec_type === 'audio');
  return {
    video: String(video?.codec_name),
    audio: `${audio?.codec_name} ${audio?.channels}`,
    width: Number(video?.width),
    height: Number(video?.height),
  };
}

type Step = NonNullable<StreamConfigInput['processing']>[number];

const sources: [name: string, FixtureName, Step, Partial<Arrived>, notice: RegExp][] = [
  ['without sound', 'noaudio.mp4', modest, { width: 640, height: 360 }, /silence is added/],
  ['of sound alone', 'audioonly.m4a', smallPicture, { width: 320, height: 180 }, /no picture/],
  ['of an odd size', 'odd.mp4', modest, { width: 640, height: 360 }, /made even: 640x360/],
  ['of an odd size, to pass through', 'odd.mp4', untouched, { width: 640, height: 360 }, /made even/],
  ['of HEVC, to pass through', 'hevc.mp4', untouched, {}, /hevc, which cannot be passed through/],
  ['of VP9, to pass through', 'vp9.webm', untouched, {}, /vp9, which cannot be passed through/],
  ['that lies on its side', 'rot90.mp4', modest, { width: 360, height: 640 }, /^$/],
  ['of another name than files have', 'it\'s a "🎥" clip; $(id) [x],y.mp4', modest, {}, /^$/],
];

const segmentWishes = [
  { fps: 10, segmentSeconds: 1 },
  { fps: 25, segmentSeconds: 3 },
  { fps: 60, segmentSeconds: 1.5 },
];

let server: NginxRtmp;
let engine: Outsider;
let sourceStreams: string[] = [];
let segmentStreams: string[] = [];

// All of them run at the same time: they mostly wait.
beforeAll(async () => {
  const paths = await Promise.all(sources.map(([, name]) => fixture(name)));
  [server, engine] = await Promise.all([startNginxRtmp(), Outsider.meet()]);
  const inputs = paths.map((path) => ({ type: 'file' as const, path, loop: true }));
  sourceStreams = await Promise.all(
    sources.map(([, , step], index) =>
      engine.create({
        input: inputs[index] ?? { type: 'test' },
        processing: [step],
        output: [{ type: 'rtmp', url: server.url('rec', `source${index}`) }],
      }),
    ),
  );
  segmentStreams = await Promise.all(
    segmentWishes.map(({ fps, segmentSeconds }) =>
      engine.create({
        input: { type: 'test' },
        processing: [{ ...smallPicture, width: 160, height: 90, fps }],
        output: [{ type: 'hls', segmentSeconds }],
      }),
    ),
  );
});

afterAll(async () => {
  await engine.close();
  await server.stop();
});

describe('a source', () => {
  it.each(sources.map(([name], index) => [name, index] as const))(
    '%s arrives as H.264 with AAC in stereo, without a hole',
    async (_name, index) => {
      const [, , , expected, notice] = sources[index] as (typeof sources)[number];
      const id = sourceStreams[index] ?? '';
      const { notices, state } = await engine.until(id, 'two seconds to be sent', ({ outputs }) =>
        outputs.every(({ framesSent }) => framesSent > 50),
      );
      await engine.call('DELETE', `/streams/${id}`);
      expect(state).toBe('live');
      expect(notices.join(' ')).toMatch(notice);
      const [recording = ''] = server.recordings(`source${index}`);
      expect(await arrivedAt(recording)).toMatchObject({ video: 'h264', audio: 'aac 2', ...expected });
      const { video, audio } = await packets(recording);
      for (const track of [video, audio]) {
        const { backwards, biggestGapMs } = continuity(track);
        expect({ backwards, isWhole: biggestGapMs < 150 }).toEqual({ backwards: 0, isWhole: true });
      }
    },
  );
});

describe('the length of HLS segments', () => {
  it.each(segmentWishes.map((wish, index) => ({ ...wish, index })))(
    'is the $segmentSeconds s that were asked for, at $fps pictures a second',
    async ({ segmentSeconds, index }) => {
      const id = segmentStreams[index] ?? '';
      const path = `${engine.engine.dataDir}/media/hls/${id}/index.m3u8`;
      await engine.until(id, 'two segments', () => readPlaylist(path).segments.length >= 2);
      const { segments, targetSeconds } = readPlaylist(path);
      for (const { seconds } of segments) expect(Math.abs(seconds - segmentSeconds)).toBeLessThanOrEqual(0.1);
      expect(targetSeconds).toBe(Math.ceil(segmentSeconds));
      expect((await engine.stream(id)).notices).toEqual([]);
    },
  );
});
