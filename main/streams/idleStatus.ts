import type { OutputStatus, Stream, StreamHealth } from '../contract/streams.ts';
import type { NamedOutput } from './liveStream.ts';
import { outputTarget } from './outputTarget.ts';

/** An output of a stream that does not run. */
export function idleOutput({ id, config }: NamedOutput): OutputStatus {
  const target = outputTarget(config);
  return {
    id,
    name: config.name ?? target,
    kind: config.type,
    target,
    order: config.enabled ? 'on' : 'off',
    state: 'off',
    priority: config.priority,
    reason: null,
    attempt: 0,
    retryAt: null,
    liveSince: null,
    bitrateKbps: 0,
    fps: 0,
    framesSent: 0,
    bytesSent: 0,
    droppedFrames: 0,
    reconnects: 0,
    queueMs: 0,
    queueBytes: 0,
    rttMs: null,
    firstFrameAfterMs: null,
    avOffsetMs: null,
    playbackUrl: null,
    files: [],
  };
}

/** The health of a stream that does not run. */
export function idleHealth(stream: Stream, at: number): StreamHealth {
  return {
    streamId: stream.id,
    at,
    order: stream.order,
    state: stream.state,
    bitrate: 0,
    bitrateKbps: 0,
    targetBitrateKbps: 0,
    fps: 0,
    targetFps: 0,
    droppedFrames: 0,
    speed: null,
    sourceState: 'lost',
    encoder: null,
    encoderRestarts: 0,
    slateSeconds: 0,
    avOffsetMs: null,
    outputs: stream.outputs,
  };
}
