/** A real engine on a folder of its own, in the process of the test, and what tests ask of it again and again. */
import type { StreamConfigInput, StreamHealth, TimelineEvent } from '../../main/contract/streams.ts';
import { streamConfigSchema } from '../../main/contract/streams.ts';
import { type Engine, type EngineOptions, startEngine } from '../../main/engine.ts';
import { createTempFolder, type TempFolder } from './tempFolder.ts';
import { waitFor } from './waitFor.ts';

export interface TestEngine extends Engine {
  readonly folder: TempFolder;
  /** Starts a stream as the local user would. @returns its id */
  goLive(config: StreamConfigInput): Promise<string>;
  health(streamId: string): StreamHealth;
  /** Resolves when every output of the stream, or the named one, is live. */
  untilLive(streamId: string, outputId?: string): Promise<void>;
  timeline(streamId: string): Promise<TimelineEvent[]>;
  /** Stops the engine and removes its folder. */
  close(): Promise<void>;
}

export async function startTestEngine(options: EngineOptions = {}): Promise<TestEngine> {
  const folder = createTempFolder('engine');
  const engine = await startEngine({ dataDir: folder.path, port: null, ingestPort: 0, ...options });
  const { streams } = engine;
  return {
    ...engine,
    folder,
    async goLive(config) {
      const parsed = streamConfigSchema.parse(config);
      return (await streams.create(parsed, { start: true }, { mayUseAnyFolder: true })).id;
    },
    health: (streamId) => streams.health(streamId),
    async untilLive(streamId, outputId) {
      await waitFor(
        () => {
          const outputs = streams
            .health(streamId)
            .outputs.filter(({ id }) => outputId === undefined || id === outputId);
          return (
            outputs.length > 0 && outputs.every(({ state, framesSent }) => state === 'live' && framesSent > 0)
          );
        },
        { what: `${outputId ?? 'every output'} is live`, timeoutMs: 20_000 },
      );
    },
    timeline: async (streamId) => (await streams.timeline(streamId, { limit: 200 })).items.toReversed(),
    async close() {
      await engine.stop();
      await folder.remove();
    },
  };
}

/** A cheap picture for tests that look at what arrives and not at how it looks. */
export const smallPicture = {
  type: 'transcode',
  codec: 'h264',
  width: 320,
  height: 180,
  fps: 25,
  bitrateKbps: 500,
  preset: 'ultrafast',
} as const;
