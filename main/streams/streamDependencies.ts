import type { EngineEvent } from '../contract/events.ts';
import type { StreamConfig } from '../contract/streams.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { OutputDriver } from '../media/outputs/outputDriver.ts';
import type { HealthStore } from './healthStore.ts';
import type { NamedOutput } from './liveStream.ts';
import type { Encoding } from './program/encoding.ts';
import type { SenderChange } from './program/publisherFeed.ts';
import type { StreamStore } from './streamStore.ts';
import type { TimelineStore } from './timelineStore.ts';

/** What a stream is made of and reports to. Handed in by the composition root. */
export interface StreamDependencies {
  readonly streams: StreamStore;
  readonly timeline: TimelineStore;
  readonly health: HealthStore;
  /** @param onSenderChanged a publisher came or changed: the input is to be looked at again */
  readonly createEncoding: (
    streamId: string,
    config: StreamConfig,
    onSenderChanged: (change: SenderChange) => void,
  ) => Encoding;
  readonly createDriver: (request: DriverRequest) => Promise<OutputDriver>;
  /** Throws when the input can never work; looks only at what answers at once. */
  readonly preflight: (config: StreamConfig) => Promise<void>;
  readonly publicUrl: (path: string) => string;
  readonly emit: (event: EngineEvent) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface DriverRequest {
  readonly streamId: string;
  readonly streamName: string;
  readonly output: NamedOutput;
  readonly renditionIds: readonly string[];
}
