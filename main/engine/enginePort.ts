import type { EnginePort } from '../api/ports.ts';
import type { Clock } from '../lib/clock.ts';
import type { DataPaths } from '../lib/paths.ts';
import type { Store } from '../store/store.ts';
import { examine } from './doctor.ts';
import type { LoadMeter } from './engineLoad.ts';
import type { MediaFacilities } from './mediaFacilities.ts';
import type { StreamParts } from './streamParts.ts';

export interface EnginePortParts {
  readonly version: string;
  readonly paths: DataPaths;
  readonly store: Store;
  readonly media: MediaFacilities;
  readonly parts: StreamParts;
  readonly meter: LoadMeter;
  readonly clock: Clock;
  readonly onStopRequested: (() => void) | undefined;
}

const ANSWER_FIRST_MS = 50;

/** The engine as the API shows it. */
export function createEnginePort(around: EnginePortParts): EnginePort {
  const { version, paths, store, media, parts, meter, clock } = around;
  const startedAt = clock.nowMs();
  return {
    liveness() {
      const isWell = store.status().state === 'ok' && media.binary !== null;
      return { status: isWell ? 'ok' : 'degraded', name: 'streamware', version };
    },
    async info() {
      const { state, lostRows } = store.status();
      const { binary } = media;
      return {
        name: 'streamware',
        version,
        pid: process.pid,
        startedAt,
        dataDir: paths.root,
        ingestUrl: parts.ingestUrl(),
        node: process.version,
        platform: `${process.platform} ${process.arch}`,
        ffmpeg: binary && { path: binary.ffmpegPath, version: binary.version.text },
        encoders: media.knownEncoders(),
        store: { state: state === 'ok' ? 'ok' : 'unavailable', lostRecords: lostRows },
        load: meter.load,
      };
    },
    doctor: () =>
      examine({ paths, media, store, ingestUrl: parts.ingestUrl(), encoders: () => media.testEncoders() }),
    async stop() {
      // A person asked for it: what is live ends for good. The answer must get out before the connection goes.
      clock.after(ANSWER_FIRST_MS, () => {
        void parts.streams.stopAll().finally(() => around.onStopRequested?.());
      });
    },
  };
}
