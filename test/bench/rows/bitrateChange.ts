/** A new bitrate while live, for three kinds of source: what the receivers notice, and when. */
import { updateStreamQuality } from '../../../main/contract/api/streams.ts';
import type { StreamConfigInput } from '../../../main/contract/streams.ts';
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { packets } from '../../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { framesInHoles, groupRates } from '../delivery.ts';
import { BenchEngine } from '../engine.ts';
import { material } from '../material.ts';
import { checkLimit, checkNone, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';
import { ArrivalWatch, untilReceiving } from '../sink.ts';
import { startMovingScreen } from '../xDisplay.ts';

const SIZE = { width: 640, height: 360, fps: 30 } as const;
const BEFORE_KBPS = 2500;
const AFTER_KBPS = 800;
/** Nearer to the new rate than to the old one. */
const IN_EFFECT_KBPS = (BEFORE_KBPS + AFTER_KBPS) / 2;
const GOP_SECONDS = 2;
const KEY_FRAME_INTERVALS = 2;
const WARM_UP_MS = 9000;
const AFTERWARDS_MS = 12_000;

interface Source {
  readonly name: string;
  readonly input: StreamConfigInput['input'];
}

interface Outcome {
  readonly source: string;
  readonly files: number;
  readonly lost: number;
  readonly backwards: number;
  readonly frames: number;
  readonly inEffectSeconds: number;
}

export async function measureBitrateChange({ scope, program, note }: RowContext): Promise<Measurement> {
  const sink = scope.own(await startNginxRtmp());
  const engine = scope.own(await BenchEngine.start(program));
  const screen = await startMovingScreen(SIZE.width, SIZE.height);
  if (screen !== null) scope.own(screen);
  const sources: Source[] = [
    { name: 'test', input: { type: 'test' } },
    { name: 'file', input: { type: 'file', path: await material('picture-360p30.mp4'), loop: true } },
    ...(screen === null ? [] : [screenSource(screen.display)]),
  ];
  const outcomes: Outcome[] = [];
  for (const source of sources) {
    const outcome = await changeOnce(engine, sink, source);
    note(
      `${source.name}: ${outcome.lost} frames lost, in effect after ${outcome.inEffectSeconds.toFixed(1)} s`,
    );
    outcomes.push(outcome);
  }
  const remarks = screen === null ? ['The screen was left out: Xvfb or ffplay is missing.'] : [];
  return { ...judge(outcomes), remarks };
}

function screenSource(display: string): Source {
  const { width, height, fps } = SIZE;
  return { name: 'screen', input: { type: 'screen', display, width, height, fps } };
}

async function changeOnce(engine: BenchEngine, sink: NginxRtmp, { name, input }: Source): Promise<Outcome> {
  const key = `change-${name}`;
  const { id: streamId } = await engine.createStream({
    input,
    processing: [
      { type: 'transcode', encoder: 'libx264', preset: 'ultrafast', ...SIZE, bitrateKbps: BEFORE_KBPS },
    ],
    output: [{ type: 'rtmp', url: sink.url('rec', key) }],
  });
  await untilReceiving(sink, [key]);
  const watch = new ArrivalWatch(sink.recordings(key)[0] ?? '');
  try {
    await delay(systemClock, WARM_UP_MS);
    const askedAtMs = watch.frames.at(-1)?.dtsMs ?? 0;
    await engine.client.call(updateStreamQuality, {
      params: { streamId },
      body: { bitrateKbps: AFTER_KBPS },
    });
    await delay(systemClock, AFTERWARDS_MS);
    await engine.stopStream(streamId);
    return { source: name, ...(await readOutcome(sink.recordings(key), askedAtMs)) };
  } finally {
    watch.stop();
  }
}

async function readOutcome(files: readonly string[], askedAtMs: number): Promise<Omit<Outcome, 'source'>> {
  const { video } = await packets(files[0] ?? '');
  const steps = video.slice(1).map(({ dtsMs }, index) => dtsMs - (video[index]?.dtsMs ?? 0));
  const changed = groupRates(video).find(({ fromMs, kbps }) => fromMs > askedAtMs && kbps < IN_EFFECT_KBPS);
  return {
    files: files.length,
    lost: framesInHoles(video, SIZE.fps),
    backwards: steps.filter((step) => step <= 0).length,
    frames: video.length,
    inEffectSeconds: ((changed?.fromMs ?? Number.POSITIVE_INFINITY) - askedAtMs) / 1000,
  };
}

function judge(outcomes: readonly Outcome[]): Pick<Measurement, 'figures' | 'checks'> {
  return {
    figures: outcomes.map(({ source, inEffectSeconds }) =>
      figure('streamware', `${source}: in effect after`, 's', [inEffectSeconds]),
    ),
    checks: outcomes.flatMap(({ source, files, lost, backwards, frames, inEffectSeconds }) => [
      checkNone(`${source}: disconnects`, files - 1, 'count', `${files} recordings`),
      checkNone(`${source}: frames lost or out of order`, lost + backwards, 'frames', `${frames} frames`),
      checkLimit(`${source}: in effect`, inEffectSeconds, 's', GOP_SECONDS * KEY_FRAME_INTERVALS),
    ]),
  };
}
