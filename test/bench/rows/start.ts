/** How long it takes from the wish to the first picture at the destination. */

import type { StreamConfigInput } from '../../../main/contract/streams.ts';
import { systemClock } from '../../../main/lib/clock.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { encodeArgs, looped, startFfmpeg } from '../contenders/ffmpeg.ts';
import { BenchEngine } from '../engine.ts';
import { material } from '../material.ts';
import { checkAgainst, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';
import { firstVideoAtMs } from '../sink.ts';
import { alternate, median } from '../statistics.ts';

const BITRATE_KBPS = 2500;

interface Source {
  readonly name: string;
  readonly input: StreamConfigInput['input'];
  readonly ffmpegInput: readonly string[];
}

export async function measureStart({ scope, program, isQuick, note }: RowContext): Promise<Measurement> {
  const file = await material('picture-720p30.mp4');
  const sink = scope.own(await startNginxRtmp());
  const engine = scope.own(await BenchEngine.start(program));
  const sources: readonly Source[] = [
    { name: 'file', input: { type: 'file', path: file, loop: true }, ffmpegInput: looped(file) },
    {
      name: 'test picture',
      input: { type: 'test' },
      ffmpegInput: [
        ...['-re', '-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=30'],
        ...['-re', '-f', 'lavfi', '-i', 'sine=r=48000'],
      ],
    },
  ];
  const rounds = isQuick ? 2 : 5;
  const measurements: Measurement[] = [];
  for (const source of sources) {
    const seconds: Record<string, number[]> = { streamware: [], ffmpeg: [] };
    for (const { contender, round } of alternate(Object.keys(seconds), rounds)) {
      const key = `${source.name.replace(' ', '-')}-${contender}-${round}`;
      const took =
        contender === 'ffmpeg'
          ? await startPlain(sink, source, key)
          : await startStream(engine, sink, source, key);
      note(`${source.name}, ${contender}: ${took.toFixed(3)} s`);
      seconds[contender]?.push(took);
    }
    measurements.push(judge(source.name, seconds.streamware ?? [], seconds.ffmpeg ?? []));
  }
  return {
    figures: measurements.flatMap(({ figures }) => figures),
    checks: measurements.flatMap(({ checks }) => checks),
    remarks: measurements.flatMap(({ remarks }) => remarks),
  };
}

function judge(source: string, ours: readonly number[], plain: readonly number[]): Measurement {
  const figures = [
    figure('streamware', `${source}: to the first picture`, 's', ours),
    figure('ffmpeg', `${source}: to the first picture`, 's', plain),
  ] as const;
  return {
    figures,
    checks: [checkAgainst(`start of a ${source}`, ...figures, 1.2)],
    remarks: [
      `${source}: the first start took ${(ours[0] ?? Number.NaN).toFixed(2)} s, those after it ${median(ours.slice(1)).toFixed(2)} s.`,
    ],
  };
}

async function startStream(
  engine: BenchEngine,
  sink: NginxRtmp,
  { input }: Source,
  key: string,
): Promise<number> {
  const fromMs = systemClock.monotonicMs();
  const { id } = await engine.createStream({
    input,
    processing: [
      {
        type: 'transcode',
        ...{ width: 1280, height: 720, fps: 30, bitrateKbps: BITRATE_KBPS, preset: 'veryfast' },
      },
    ],
    output: [{ type: 'rtmp', url: sink.url('rec', key) }],
  });
  const { atMs } = await firstVideoAtMs(sink, key, []);
  await engine.stopStream(id);
  return (atMs - fromMs) / 1000;
}

async function startPlain(sink: NginxRtmp, { ffmpegInput }: Source, key: string): Promise<number> {
  const fromMs = systemClock.monotonicMs();
  const ffmpeg = await startFfmpeg([
    ...ffmpegInput,
    ...encodeArgs(BITRATE_KBPS),
    '-f',
    'flv',
    sink.url('rec', key),
  ]);
  const { atMs } = await firstVideoAtMs(sink, key, []);
  await ffmpeg.stop();
  return (atMs - fromMs) / 1000;
}
