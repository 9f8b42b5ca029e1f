/**
 * The composition root: builds store, media, streams and API in this order, and lets go of them in reverse.
 * Everything the engine is made of meets here and nowhere else. It never imports Electron.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { keepTokenFile } from './api/auth/tokenFile.ts';
import { openTokens } from './api/auth/tokenStore.ts';
import type { IdempotencyJournal } from './api/idempotency.ts';
import { StoredIdempotencyJournal } from './api/idempotencyJournal.ts';
import { rateLimitPerMinute } from './api/rateLimiter.ts';
import { type Api, type ApiOptions, createApi } from './api/server.ts';
import { createApiPorts } from './engine/apiPorts.ts';
import { LoadMeter } from './engine/engineLoad.ts';
import { createEnginePort } from './engine/enginePort.ts';
import { createMediaFacilities, type MediaFacilities } from './engine/mediaFacilities.ts';
import { watchNetwork } from './engine/networkWatch.ts';
import { createProbePort } from './engine/probePort.ts';
import { recoverStreams } from './engine/recovery.ts';
import { outliveStrayRejections } from './engine/strayRejections.ts';
import { createStreamService, type StreamParts } from './engine/streamParts.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import type { Logger, LogLevel } from './lib/logger.ts';
import { endOwnLeftovers } from './lib/ownLeftovers.ts';
import { type DataPaths, engineMark } from './lib/paths.ts';
import { Redactor } from './lib/redactor.ts';
import { openRotatingLog, type RotatingLog } from './lib/rotatingLog.ts';
import { SealedBox } from './lib/sealedBox.ts';
import { removeStudioFile, removeStudioFiles } from './lib/studioFile.ts';
import { resolveHlsFile } from './media/outputs/hls/hlsFiles.ts';
import { findDataDir, prepareDataDir } from './store/dataDir.ts';
import { acquireEngineLock, type EngineLock } from './store/engineLock.ts';
import { loadMasterKey } from './store/masterKey.ts';
import { startRetention } from './store/retention.ts';
import type { Store } from './store/store.ts';
import { openStore } from './store/storeClient.ts';
import type { StreamService } from './streams/streamService.ts';

const VERSION: string = packageJson.version;
const LOAD_INTERVAL_MS = 1000;
const ENCODER_TEST_DELAY_MS = 5000;

export interface EngineOptions {
  /** Default: STREAMWARE_HOME, else the platform's usual place. */
  readonly dataDir?: string | undefined;
  /** Of the API. 0: any free one; null: no API at all. Default 7420. */
  readonly port?: number | null | undefined;
  /** Default 127.0.0.1: nobody but this machine. */
  readonly host?: string | undefined;
  /** Where OBS, phones and cameras push to. 0: any free one. Default 1935. */
  readonly ingestPort?: number | undefined;
  readonly ingestHost?: string | undefined;
  /** A second listener with HLS alone, for the network. */
  readonly media?: { readonly host: string; readonly port: number } | undefined;
  /** Further names under which the engine may be addressed, without a port, such as `studio.local`. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Further origins whose pages may use the API with a token, such as `https://dash.example`. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Of one token, or of one address without. Default 6000. */
  readonly requestsPerMinute?: number | undefined;
  /** Lets programs on this machine read /metrics without a token. Default false. */
  readonly metricsWithoutToken?: boolean | undefined;
  readonly ffmpegPath?: string | undefined;
  /** Where results of encoder tests are kept, for engines that live shortly. Default: in the data folder. */
  readonly sharedCache?: string | undefined;
  readonly logLevel?: LogLevel | undefined;
  /** The built studio. Default: beside the built engine. */
  readonly studioDirectory?: string | undefined;
  /** Gets readable log lines too, such as `process.stderr`. */
  readonly console?: { write(text: string): unknown; isTTY?: boolean | undefined } | undefined;
  /** Whether the process is the engine's alone: then a failure that nobody waited for is logged, and ends no broadcast. Default false. */
  readonly ownsProcess?: boolean | undefined;
  /** Whether streams that were live go live again. Default true. */
  readonly resumes?: boolean | undefined;
  /** Called when the API was asked to end the engine, after its answer is out. */
  readonly onStopRequested?: (() => void) | undefined;
  readonly clock?: Clock | undefined;
}

export interface Engine {
  readonly streams: StreamService;
  /** Address of the API; null without one. */
  readonly url: string | null;
  readonly ingestUrl: string | null;
  readonly dataDir: string;
  /** A link that signs one browser in to the studio, once. Null without an API. */
  createStudioLink(): string | null;
  /** Ends every connection cleanly, finishes recordings, closes the database. Streams that are live go on with the next start. */
  stop(): Promise<void>;
}

/**
 * Starts the engine on a data folder.
 * @throws `engine.already_running`, `engine.data_dir_unusable`, `engine.port_in_use`, `store.version_from_future`, `secret.key_unusable`
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const clock = options.clock ?? systemClock;
  const paths = prepareDataDir(options.dataDir ?? findDataDir());
  const lock = acquireEngineLock(paths, clock, VERSION);
  const cleanUp = new CleanUp();
  cleanUp.add(() => lock.release());
  try {
    return await build({ options, clock, paths, lock, cleanUp });
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}

interface Footing {
  readonly options: EngineOptions;
  readonly clock: Clock;
  readonly paths: DataPaths;
  readonly lock: EngineLock;
  readonly cleanUp: CleanUp;
}

async function build(footing: Footing): Promise<Engine> {
  const { options, clock, paths, lock, cleanUp } = footing;
  const redactor = new Redactor();
  const log = openLog(options, paths, redactor, clock);
  cleanUp.add(() => log.close());
  const { logger } = log;
  if (options.ownsProcess) cleanUp.add(outliveStrayRejections(logger));
  logger.info('the engine starts', { version: VERSION, pid: process.pid, dataDir: paths.root });
  const { store, media } = await openStoreAndMedia(footing, redactor, logger);
  const box = new SealedBox(loadMasterKey({ env: process.env, path: paths.masterKey, logger }).key);
  let publicBase = '';
  const parts = await createStreamService({
    store,
    media,
    box,
    redactor,
    paths,
    clock,
    logger,
    ingest: { host: options.ingestHost ?? '127.0.0.1', port: options.ingestPort ?? 1935 },
    publicUrl: (path) => `${publicBase}${path}`,
  });
  cleanUp.add(() => parts.close());
  const redact = (text: string): string => redactor.scrub(text);
  const journal = new StoredIdempotencyJournal({ store, box, clock, logger, redact });
  const retention = startRetention({ jobs: [...parts.retentionJobs, journal.retention], clock, logger });
  cleanUp.add(() => retention.stop());
  const api =
    options.port === null ? null : await startApi(footing, { store, media, parts, logger, redact, journal });
  if (api) {
    cleanUp.add(() => api.api.close());
    publicBase = api.url;
    announce(lock, api, logger);
  }
  cleanUp.add(watchNetwork(clock, () => parts.streams.networkChanged()));
  cleanUp.add(testEncodersLater(media, clock, logger));
  const ending = new AbortController();
  cleanUp.add(() => ending.abort());
  if (options.resumes ?? true)
    await recoverStreams({ streams: parts.streams, store, logger, signal: ending.signal });
  return {
    streams: parts.streams,
    url: api?.url ?? null,
    ingestUrl: parts.ingestUrl(),
    dataDir: paths.root,
    createStudioLink: () => api?.api.createStudioLink().url ?? null,
    stop: () => cleanUp.run(),
  };
}

async function openStoreAndMedia(
  { options, clock, paths, cleanUp }: Footing,
  redactor: Redactor,
  logger: Logger,
): Promise<{ store: Store; media: MediaFacilities }> {
  const { ffmpegPath, sharedCache } = options;
  const [store, media] = await Promise.all([
    openStore({ path: paths.database, clock, logger }),
    createMediaFacilities({ paths, ffmpegPath, sharedCache, redactor, clock, logger }),
    endOwnLeftovers(paths.root, clock),
  ]);
  cleanUp.add(() => store.close());
  cleanUp.add(() => media.guardian.close());
  cleanUp.add(() => media.cancelTests());
  return { store, media };
}

function announce(lock: EngineLock, { url, port }: { url: string; port: number }, logger: Logger): void {
  if (lock.publish({ url, port })) return;
  logger.warn('other programs do not find this engine until there is room on its disk');
}

/** Once things have settled, so that neither the start of the engine nor that of a first stream is slowed down. */
function testEncodersLater(media: MediaFacilities, clock: Clock, logger: Logger): () => void {
  const timer = clock.after(ENCODER_TEST_DELAY_MS, () => {
    media.testEncoders().catch((error) => logger.warn('the encoders could not be tested', { error }));
  });
  return () => timer.cancel();
}

interface ApiSurroundings {
  readonly store: Store;
  readonly media: MediaFacilities;
  readonly parts: StreamParts;
  readonly logger: Logger;
  readonly redact: (text: string) => string;
  readonly journal: IdempotencyJournal;
}

async function startApi(
  footing: Footing,
  around: ApiSurroundings,
): Promise<{ api: Api; url: string; port: number }> {
  const { options, clock, paths, cleanUp } = footing;
  const { store, media, parts, logger, redact, journal } = around;
  removeStudioFiles(paths.root);
  const tokens = await openTokens(store, clock, logger);
  cleanUp.add(await keepTokenFile(paths.tokenFile, tokens, logger));
  const meter = new LoadMeter(clock, () => parts.streams.liveCount);
  const timer = clock.every(LOAD_INTERVAL_MS, () => {
    parts.streams.publish({ type: 'engine', at: clock.nowMs(), load: meter.read() });
  });
  cleanUp.add(() => timer.cancel());
  cleanUp.add(() => meter.close());
  const engine = createEnginePort({
    version: VERSION,
    paths,
    store,
    media,
    parts,
    meter,
    clock,
    onStopRequested: options.onStopRequested,
  });
  const ports = createApiPorts({
    streams: parts.streams,
    streamStore: parts.streamStore,
    timeline: parts.timeline,
    probe: createProbePort(media, paths),
    engine,
    hls: { resolve: async (path) => (await resolveHlsFile(paths.hls, path))?.path ?? null },
    logger,
  });
  const api = createApi({
    ports,
    tokens,
    clock,
    logger,
    version: VERSION,
    engineId: engineMark(paths.root).slice(0, 12),
    studioDirectory: options.studioDirectory ?? findStudio(),
    redact,
    idempotencyJournal: journal,
    onLinkEnded: (code) => removeStudioFile(paths.root, code),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.port == null ? {} : { port: options.port }),
    ...(options.media === undefined ? {} : { media: options.media }),
    ...accessOptions(options),
  });
  return { api, ...(await api.listen()) };
}

function accessOptions(
  options: EngineOptions,
): Pick<ApiOptions, 'allowedHosts' | 'allowedOrigins' | 'rateLimit' | 'metricsWithoutToken'> {
  const { allowedHosts = [], allowedOrigins = [], requestsPerMinute, metricsWithoutToken = false } = options;
  return {
    allowedHosts,
    allowedOrigins,
    metricsWithoutToken,
    ...(requestsPerMinute === undefined ? {} : { rateLimit: rateLimitPerMinute(requestsPerMinute) }),
  };
}

function openLog(options: EngineOptions, paths: DataPaths, redactor: Redactor, clock: Clock): RotatingLog {
  return openRotatingLog({
    folder: paths.logs,
    clock,
    redactor,
    ...(options.logLevel === undefined ? {} : { level: options.logLevel }),
    console: options.console,
  });
}

/** The built studio beside the built engine, or in dist/ when the engine runs from its source. */
function findStudio(): string | null {
  const places = [new URL('./renderer/', import.meta.url), new URL('../dist/renderer/', import.meta.url)];
  return (
    places.map((place) => fileURLToPath(place)).find((place) => existsSync(`${place}index.html`)) ?? null
  );
}

/** What was opened is closed in reverse, once, and whatever one of them does the others are closed too. */
class CleanUp {
  readonly #steps: (() => unknown)[] = [];
  #running: Promise<void> | null = null;

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const step of this.#steps.toReversed()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be closed');
  }
}
