/** What encoding once for five destinations costs, against plain ffmpeg encoding for one. */
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { encodeArgs, looped, startFfmpeg } from '../contenders/ffmpeg.ts';
import { BenchEngine } from '../engine.ts';
import { material } from '../material.ts';
import { CpuWindow, treeOf } from '../processCost.ts';
import { checkAgainst, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';
import { Scope } from '../scope.ts';
import { untilReceiving } from '../sink.ts';
import { alternate } from '../statistics.ts';

const DESTINATIONS = 5;
const BITRATE_KBPS = 2500;
const WARM_UP_MS = 6000;

interface Encode {
  readonly keys: readonly string[];
  pids(): readonly number[];
  stop(): Promise<unknown>;
}

export async function measureEncodeCpu({ scope, program, isQuick, note }: RowContext): Promise<Measurement> {
  const file = await material('picture-720p30.mp4');
  const sink = scope.own(await startNginxRtmp({ isRecording: false }));
  const engine = scope.own(await BenchEngine.start(program));
  const keys = Array.from({ length: DESTINATIONS }, (_, index) => `e${index + 1}`);
  const contenders = {
    streamware: async (): Promise<Encode> => {
      const { id } = await engine.createStream({
        input: { type: 'file', path: file, loop: true },
        processing: [
          {
            type: 'transcode',
            encoder: 'libx264',
            preset: 'veryfast',
            bitrateKbps: BITRATE_KBPS,
            audioBitrateKbps: 128,
          },
        ],
        output: keys.map((key) => ({ type: 'rtmp', url: sink.url('live', key) })),
      });
      return { keys, pids: () => treeOf(engine.pid), stop: () => engine.stopStream(id) };
    },
    ffmpeg: async (): Promise<Encode> => {
      const args = [...looped(file), ...encodeArgs(BITRATE_KBPS), '-f', 'flv', sink.url('live', 'plain')];
      const ffmpeg = await startFfmpeg(args);
      return { keys: ['plain'], pids: () => [ffmpeg.pid], stop: () => ffmpeg.stop() };
    },
  };
  const windowSeconds = isQuick ? 10 : 20;
  const cores: Record<keyof typeof contenders, number[]> = { streamware: [], ffmpeg: [] };
  for (const { contender } of alternate(
    Object.keys(contenders) as (keyof typeof contenders)[],
    isQuick ? 2 : 5,
  )) {
    const run = new Scope();
    try {
      const encode = run.own(await contenders[contender]());
      await untilReceiving(sink, encode.keys);
      await delay(systemClock, WARM_UP_MS);
      const cpu = new CpuWindow(encode.pids);
      const fromMs = systemClock.monotonicMs();
      await delay(systemClock, windowSeconds * 1000);
      const used = cpu.end() / ((systemClock.monotonicMs() - fromMs) / 1000);
      note(`${contender}: ${used.toFixed(3)} cores`);
      cores[contender].push(used);
    } finally {
      await run.end();
    }
  }
  const ours = figure(
    'streamware',
    `encode 720p30 at ${BITRATE_KBPS} kbit/s to ${DESTINATIONS}`,
    'cores',
    cores.streamware,
  );
  const peer = figure('ffmpeg', `encode 720p30 at ${BITRATE_KBPS} kbit/s to 1`, 'cores', cores.ffmpeg);
  return {
    figures: [ours, peer],
    checks: [checkAgainst('CPU of the whole process tree', ours, peer, 1.1)],
    remarks: [],
  };
}
