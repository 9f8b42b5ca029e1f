import type { OutputStatus, StreamHealth, StreamState } from '../contract/streams.ts';
import type { Program } from './program/program.ts';

/** Everything known about a running stream at one moment. */
export function reportHealth(facts: {
  streamId: string;
  at: number;
  state: StreamState;
  program: Pick<Program, 'relay' | 'plan' | 'sourceState' | 'restarts' | 'speed'>;
  outputs: OutputStatus[];
}): StreamHealth {
  const { program, outputs } = facts;
  const air = program.relay('main').stats();
  const main = program.plan?.renditions.find(({ id }) => id === 'main');
  const bitrateKbps = Math.round(air.bitrateKbps);
  return {
    streamId: facts.streamId,
    at: facts.at,
    order: facts.state === 'stopping' || facts.state === 'stopped' ? 'stopped' : 'live',
    state: facts.state,
    bitrate: bitrateKbps,
    bitrateKbps,
    targetBitrateKbps: main?.bitrateKbps ?? 0,
    fps: Math.round(air.fps * 10) / 10,
    targetFps: main?.fps ?? 0,
    droppedFrames: outputs.reduce((sum, output) => sum + output.droppedFrames, 0),
    speed: program.speed,
    sourceState: program.sourceState,
    encoder: program.plan?.encoder ?? null,
    encoderRestarts: program.restarts,
    slateSeconds: Math.round(air.slateMs / 1000),
    avOffsetMs: air.avOffsetMs,
    outputs,
  };
}
