/** A publisher that sends exactly these tags, in real time by their own times, right or wrong. */
import { type Clock, delay, systemClock } from '../../main/lib/clock.ts';
import type { MediaTag } from '../../main/media/flv/mediaTag.ts';
import { messageType } from '../../main/media/rtmp/rtmpMessage.ts';
import { RtmpProbe } from './rtmpProbe.ts';

export interface TagPublisher {
  /** Resolves when everything was sent, or the server has closed the connection. */
  readonly sent: Promise<void>;
  close(): void;
}

const typeIds = { video: messageType.video, audio: messageType.audio, data: messageType.data } as const;
const chunkStreams = { video: 6, audio: 4, data: 5 } as const;

/** @param ingestUrl as the engine names it. @throws when the publish is refused */
export async function publishTags(
  ingestUrl: string,
  key: string,
  tags: readonly MediaTag[],
  clock: Clock = systemClock,
): Promise<TagPublisher> {
  const probe = await RtmpProbe.connected(Number(new URL(ingestUrl).port));
  const code = await probe.publish(key);
  if (code !== 'NetStream.Publish.Start') throw new Error(`the publish was refused: ${code}`);
  return { sent: send(probe, tags, clock), close: () => probe.close() };
}

async function send(probe: RtmpProbe, tags: readonly MediaTag[], clock: Clock): Promise<void> {
  const startedAtMs = clock.monotonicMs();
  for (const { kind, timestampMs, payload } of tags) {
    const earlyMs = timestampMs - (clock.monotonicMs() - startedAtMs);
    if (earlyMs > 0) await delay(clock, earlyMs, new AbortController().signal);
    if (probe.isClosed) return;
    probe.send({
      chunkStreamId: chunkStreams[kind],
      typeId: typeIds[kind],
      streamId: 1,
      timestampMs,
      payload,
    });
  }
}
