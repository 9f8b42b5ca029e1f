/** The source dies in three ways: what the audience sees in the meantime. */
import type { StreamConfigInput } from '../../../main/contract/streams.ts';
import { delay, systemClock } from '../../../main/lib/clock.ts';
import { continuity, packets } from '../../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { commandLineOf, descendantsOf } from '../../helpers/processTree.ts';
import { startPublisher } from '../contenders/ffmpeg.ts';
import { longestSilenceMs } from '../delivery.ts';
import { BenchEngine } from '../engine.ts';
import { type MaterialName, material } from '../material.ts';
import { checkLimit, checkNone, figure, type Measurement } from '../result.ts';
import type { RowContext } from '../row.ts';
import { scoped } from '../scope.ts';
import { ArrivalWatch, untilReceiving } from '../sink.ts';

const LIMIT_MS = 2000;
const WARM_UP_MS = 6000;
const WATCH_MS = 8000;
const KEYED = 'dies';
const ENDING_FILE: MaterialName = 'short-360p30.mp4';

interface Death {
  readonly name: string;
  readonly config: Pick<StreamConfigInput, 'input' | 'processing'>;
  /** Starts what the stream needs besides itself; gives what kills it. */
  prepare(engine: BenchEngine): Promise<{ kill(): void; stop(): Promise<void> }>;
}

interface Outcome {
  readonly name: string;
  readonly silenceMs: number;
  readonly files: number;
  readonly backwards: number;
  readonly slateSeconds: number;
}

const encode = [{ type: 'transcode', encoder: 'libx264', preset: 'ultrafast', bitrateKbps: 1500 }] as const;
const nothing = { kill: (): void => undefined, stop: (): Promise<void> => Promise.resolve() };

export async function measureSourceDies({ scope, program, note }: RowContext): Promise<Measurement> {
  const sink = scope.own(await startNginxRtmp());
  const engine = scope.own(await BenchEngine.start(program));
  const outcomes: Outcome[] = [];
  for (const death of await deaths()) {
    const outcome = await dieOnce(engine, sink, death);
    note(`${death.name}: ${Math.round(outcome.silenceMs)} ms without a picture`);
    outcomes.push(outcome);
  }
  return {
    figures: outcomes.flatMap(({ name, silenceMs, slateSeconds }) => [
      figure('streamware', `${name}: longest time without a picture at the receiver`, 'ms', [silenceMs]),
      figure('streamware', `${name}: slate shown`, 's', [slateSeconds]),
    ]),
    checks: outcomes.flatMap(({ name, silenceMs, files, backwards }) => [
      checkLimit(`${name}: picture goes on`, silenceMs, 'ms', LIMIT_MS),
      checkNone(`${name}: new connections`, files - 1, 'count', `${files} recordings`),
      checkNone(`${name}: timestamps that go back`, backwards, 'count', 'both tracks'),
    ]),
    remarks: [],
  };
}

async function deaths(): Promise<Death[]> {
  const [picture, ending, relayed] = await Promise.all(
    (['picture-360p30.mp4', ENDING_FILE, 'relay-2m.flv'] as const).map(material),
  );
  return [
    {
      name: 'publisher killed',
      config: { input: { type: 'ingest', key: KEYED }, processing: [{ type: 'copy' }] },
      async prepare(engine) {
        const publisher = await startPublisher(relayed ?? '', `${engine.ingestUrl}/${KEYED}`);
        return { kill: () => publisher.signal('SIGKILL'), stop: () => publisher.stop() };
      },
    },
    {
      name: 'file ends',
      config: { input: { type: 'file', path: ending ?? '' }, processing: [...encode] },
      prepare: async () => nothing,
    },
    {
      name: 'encoder killed',
      config: { input: { type: 'file', path: picture ?? '', loop: true }, processing: [...encode] },
      prepare: async (engine) => ({ ...nothing, kill: () => killEncoder(engine.pid) }),
    },
  ];
}

/** The ffmpeg under the engine that reads the file. */
function killEncoder(enginePid: number): void {
  const encoders = descendantsOf(enginePid).filter((pid) => commandLineOf(pid).includes('libx264'));
  if (encoders.length === 0) throw new Error('no encoder found under the engine');
  for (const pid of encoders) process.kill(pid, 'SIGKILL');
}

async function dieOnce(engine: BenchEngine, sink: NginxRtmp, death: Death): Promise<Outcome> {
  const key = death.name.replaceAll(' ', '-');
  return await scoped(async (scope) => {
    const { id } = await engine.createStream({
      ...death.config,
      output: [{ type: 'rtmp', url: sink.url('rec', key) }],
    });
    const source = scope.own(await death.prepare(engine));
    await untilReceiving(sink, [key]);
    const watch = scope.own(new ArrivalWatch(sink.recordings(key)[0] ?? ''));
    await delay(systemClock, WARM_UP_MS);
    const fromMs = systemClock.monotonicMs();
    source.kill();
    await delay(systemClock, WATCH_MS);
    const toMs = systemClock.monotonicMs();
    const { slateSeconds } = await engine.health(id);
    await engine.stopStream(id);
    watch.stop();
    const files = sink.recordings(key);
    const { video, audio } = await packets(files[0] ?? '');
    return {
      name: death.name,
      silenceMs: longestSilenceMs(watch.frames, fromMs, toMs),
      files: files.length,
      backwards: continuity(video).backwards + continuity(audio).backwards,
      slateSeconds,
    };
  });
}
