/** An RTMP ingest with slots that keep what they get, for tests. */
import { type Clock, systemClock } from '../../main/lib/clock.ts';
import { createLogger, type LogRecord } from '../../main/lib/logger.ts';
import { Secret } from '../../main/lib/secret.ts';
import type { MediaTag } from '../../main/media/flv/mediaTag.ts';
import { IngestKeys } from '../../main/media/rtmp/ingest/ingestKeys.ts';
import type {
  IngestEndReason,
  IngestPublisher,
  IngestSlot,
} from '../../main/media/rtmp/ingest/ingestSlot.ts';
import {
  createRtmpIngest,
  type RtmpIngest,
  type RtmpIngestOptions,
} from '../../main/media/rtmp/ingest/rtmpIngest.ts';

/** What one publisher sent. */
export interface KeptPublication {
  readonly publisher: IngestPublisher;
  readonly tags: MediaTag[];
  readonly silences: number[];
  endReason: IngestEndReason | null;
}

export class KeepingSlot implements IngestSlot {
  readonly id: string;
  readonly publications: KeptPublication[] = [];

  constructor(id: string) {
    this.id = id;
  }

  get last(): KeptPublication | undefined {
    return this.publications.at(-1);
  }

  accept(publisher: IngestPublisher): ReturnType<IngestSlot['accept']> {
    const kept: KeptPublication = { publisher, tags: [], silences: [], endReason: null };
    this.publications.push(kept);
    return {
      push: (tag) => void kept.tags.push(tag),
      end: (reason) => {
        kept.endReason = reason;
      },
      silence: (silentMs) => void kept.silences.push(silentMs),
    };
  }
}

export interface TestIngest {
  readonly ingest: RtmpIngest;
  readonly keys: IngestKeys;
  readonly log: LogRecord[];
  readonly port: number;
  /** Opens a slot under a key. */
  slot(key: string): KeepingSlot;
  url(key: string): string;
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startTestIngest(
  options: Partial<RtmpIngestOptions> & { readonly clock?: Clock } = {},
): Promise<TestIngest> {
  const keys = new IngestKeys();
  const log: LogRecord[] = [];
  let slots = 0;
  const ingest = createRtmpIngest({
    port: 0,
    clock: systemClock,
    logger: createLogger((record) => void log.push(record)),
    authorize: keys.authorize,
    ...options,
  });
  await ingest.listen();
  return {
    ingest,
    keys,
    log,
    port: ingest.port,
    slot(key) {
      const slot = new KeepingSlot(`slot ${++slots}`);
      keys.add(new Secret(key), slot);
      return slot;
    },
    url: (key) => `rtmp://127.0.0.1:${ingest.port}/live/${key}`,
    stop: () => ingest.close(),
  };
}
