/** Answers as they look, for the reference page and the OpenAPI document. A test parses each with its schema. */
import type { OutputStatus, Stream, StreamHealth, TimelineEvent } from '../streams.ts';

const startedAt = Date.UTC(2025, 4, 2, 18, 0, 0);

export const outputExample: OutputStatus = {
  id: 'out_7c0a4k2m9x',
  name: 'Twitch',
  kind: 'rtmp',
  target: 'rtmp://live.twitch.tv/app',
  order: 'on',
  state: 'live',
  priority: 50,
  reason: null,
  attempt: 1,
  retryAt: null,
  liveSince: startedAt + 900,
  bitrateKbps: 4630,
  fps: 30,
  framesSent: 1800,
  bytesSent: 34_700_000,
  droppedFrames: 0,
  reconnects: 0,
  queueMs: 12,
  queueBytes: 6900,
  rttMs: 18,
  firstFrameAfterMs: 640,
  avOffsetMs: 0,
  playbackUrl: null,
  files: [],
};

export const streamExample: Stream = {
  id: 'str_4k2m9x7c0a',
  name: 'Friday show',
  order: 'live',
  state: 'live',
  reason: null,
  createdAt: startedAt - 2000,
  startedAt,
  endedAt: null,
  broadcastId: 'brd_9x7c0a4k2m',
  config: {
    name: 'Friday show',
    input: { type: 'file', path: 'show.mp4' },
    output: [{ type: 'rtmp', service: 'twitch', key: '[redacted]' }],
  },
  notices: ['The file has no sound; silence was added.'],
  outputs: [outputExample],
};

export const healthExample: StreamHealth = {
  streamId: 'str_4k2m9x7c0a',
  at: startedAt + 60_000,
  order: 'live',
  state: 'live',
  bitrate: 4630,
  bitrateKbps: 4630,
  targetBitrateKbps: 4628,
  fps: 30,
  targetFps: 30,
  droppedFrames: 0,
  speed: 1,
  sourceState: 'ok',
  encoder: 'libx264',
  encoderRestarts: 0,
  slateSeconds: 0,
  avOffsetMs: 0,
  outputs: [outputExample],
};

export const timelineEventExample: TimelineEvent = {
  id: 17,
  broadcastId: 'brd_9x7c0a4k2m',
  streamId: 'str_4k2m9x7c0a',
  outputId: null,
  at: startedAt + 60_000,
  kind: 'markerAdded',
  severity: 'info',
  message: 'Interview begins',
  data: {},
};
