import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { StreamConfig } from '../contract/streams.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { DataPaths } from '../lib/paths.ts';
import type { Redactor } from '../lib/redactor.ts';
import type { SealedBox } from '../lib/sealedBox.ts';
import type { OutputDriver } from '../media/outputs/outputDriver.ts';
import { RecordingJournal } from '../media/outputs/recording/recordingJournal.ts';
import { createOutputDriver } from '../media/outputs/registry.ts';
import { writeReplayClip } from '../media/outputs/replayClip.ts';
import { IngestKeys } from '../media/rtmp/ingest/ingestKeys.ts';
import { createRtmpIngest, type RtmpIngest } from '../media/rtmp/ingest/rtmpIngest.ts';
import type { RetentionJob } from '../store/retention.ts';
import type { Store } from '../store/store.ts';
import { withExplicitAddress } from '../streams/explicitAddress.ts';
import { createHealthStore } from '../streams/healthStore.ts';
import { OutputPreparation } from '../streams/preparation.ts';
import { createEncodings } from '../streams/program/encodings.ts';
import { secretsOf } from '../streams/secretFields.ts';
import type { DriverRequest } from '../streams/streamDependencies.ts';
import { StreamService, type StreamServiceOptions } from '../streams/streamService.ts';
import { createStreamStore, type StreamStore } from '../streams/streamStore.ts';
import { createTimelineStore, type TimelineStore } from '../streams/timelineStore.ts';
import type { MediaFacilities } from './mediaFacilities.ts';
import { reachableHost } from './reachableHost.ts';

/** The streams of the engine with what they are kept in. */
export interface StreamParts {
  readonly streams: StreamService;
  readonly streamStore: StreamStore;
  readonly timeline: TimelineStore;
  readonly retentionJobs: readonly RetentionJob[];
  /** Null when its port could not be had. */
  ingestUrl(): string | null;
  close(): Promise<void>;
}

export interface StreamPartOptions {
  readonly store: Store;
  readonly media: MediaFacilities;
  readonly box: SealedBox;
  readonly redactor: Redactor;
  readonly paths: DataPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ingest: { readonly host: string; readonly port: number };
  readonly publicUrl: (path: string) => string;
}

export async function createStreamService(options: StreamPartOptions): Promise<StreamParts> {
  const { store, media, box, redactor, paths, clock, logger } = options;
  const timeline = await createTimelineStore({ store, redactor, clock });
  const health = createHealthStore(store, () => clock.nowMs());
  const streamStore = createStreamStore(store, box, logger);
  const journal = new RecordingJournal({
    folder: join(paths.cache, 'recordings'),
    runner: media.runner,
    clock,
    logger,
  });
  const keys = new IngestKeys();
  const ingest = createRtmpIngest({ ...options.ingest, clock, logger, authorize: keys.authorize });
  const hasIngest = await listenForPublishers(ingest, logger);
  const createDriver = driverFactory(options, journal);
  const streams = new StreamService({
    streams: streamStore,
    timeline,
    health,
    createDriver,
    ...createEncodings({ media, keys, ingest, paths, clock, logger }),
    preparation: new OutputPreparation({ recordings: paths.recordings, hls: paths.hls }),
    publicUrl: options.publicUrl,
    learnSecrets: (config) => learn(redactor, config),
    writeClip: clipWriter(options),
    clock,
    logger,
  });
  void journal
    .recover()
    .catch((error) => logger.error('recordings of a former run could not be finished', { error }));
  return {
    streams,
    streamStore,
    timeline,
    retentionJobs: [timeline.retention, health.retention],
    ingestUrl: () =>
      hasIngest
        ? `rtmp://${reachableHost(options.ingest.host, networkInterfaces())}:${ingest.port}/live`
        : null,
    async close(): Promise<void> {
      await streams.close();
      await journal.close();
      if (hasIngest) await ingest.close();
    },
  };
}

/** Without its port the engine does everything else: it says so, and inputs of the kind `ingest` wait. */
async function listenForPublishers(ingest: RtmpIngest, logger: Logger): Promise<boolean> {
  try {
    await ingest.listen();
    return true;
  } catch (error) {
    logger.warn('nothing can be pushed to this engine: its ingest port is taken', { error });
    return false;
  }
}

function driverFactory(
  options: StreamPartOptions,
  journal: RecordingJournal,
): (request: DriverRequest) => Promise<OutputDriver> {
  const { media, redactor, paths, clock, logger } = options;
  const folders = { recordings: paths.recordings, hls: paths.hls, temporary: join(paths.cache, 'private') };
  return async ({ streamId, streamName, output, renditionIds }) => {
    const abilities = await media.abilities();
    return await createOutputDriver(withExplicitAddress(output.config), {
      runner: media.runner,
      clock,
      logger: logger.child({ streamId, outputId: output.id }),
      redactor,
      folders,
      journal,
      streamId,
      streamName,
      outputId: output.id,
      renditionIds,
      // Who may name a path was decided when the output was made.
      mayUseAnyFolder: true,
      readsEnhancedFlv: abilities.enhancedFlv.size > 0,
    });
  };
}

/** Secrets stay known until the engine ends: text with them may still be on its way when their stream is gone. */
function learn(redactor: Redactor, config: StreamConfig): void {
  for (const secret of secretsOf(config)) redactor.add(secret);
}

function clipWriter({ media, paths, clock, logger }: StreamPartOptions): StreamServiceOptions['writeClip'] {
  return async (tags, streamName) => {
    const { enhancedFlv } = await media.abilities();
    const readsEnhancedFlv = enhancedFlv.size > 0;
    const clip = await writeReplayClip({
      tags,
      streamName,
      folder: paths.clips,
      runner: media.runner,
      clock,
      logger,
      readsEnhancedFlv,
    });
    return { path: clip.path, bytes: clip.bytes, durationSeconds: clip.durationMs / 1000 };
  };
}
