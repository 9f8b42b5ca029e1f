/**
 * The output kind `hls`: one variant per rendition, each with a session of its own, and for a ladder the master
 * playlist over them. It keeps what the variants share: where segments are cut, and which moment of the day a moment of
 * the stream was. Files are the business of hlsVariant.ts, muxers that of hlsSession.ts.
 */
import { rm, rmdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute } from 'node:path';
import type { Output } from '../../../contract/outputs.ts';
import type { FeedHeaders } from '../flvFeed.ts';
import type { OutputContext, OutputDriver, OutputDriverStatus, OutputLeg } from '../outputDriver.ts';
import { isInside, resolvePlaylistPath, type ServedPlaylist } from '../outputPaths.ts';
import { replaceFile } from '../replaceFile.ts';
import { describeStream, type StreamDescription } from './codecNames.ts';
import { CutPlan } from './cutPlan.ts';
import { type HlsLeg, HlsSession } from './hlsSession.ts';
import { sweepFolder } from './hlsSweep.ts';
import { HlsVariant } from './hlsVariant.ts';
import { keyFrameNotice } from './keyFrameNotice.ts';
import { MediaClock } from './mediaClock.ts';
import { type MasterVariant, renderMasterPlaylist } from './playlist.ts';

type HlsConfig = Extract<Output, { type: 'hls' }>;

/** Unfinished playlists of others get this long to be taken up again after a start. */
const SWEEP_AFTER_MS = 20_000;
/** The master playlist waits this long for every variant; players do not look at it twice. */
const MASTER_PATIENCE_MS = 10_000;

/** @throws `file.path_refused`, `file.not_writable` */
export async function createHlsOutput(config: HlsConfig, context: OutputContext): Promise<OutputDriver> {
  const typed = config.path ?? `/live/${context.streamId}/index.m3u8`;
  const isPlain = !isAbsolute(typed) && !typed.startsWith('~');
  const location = await resolvePlaylistPath(isPlain ? `/live/${typed}` : typed, context.folders.hls, {
    mediaFolder: context.folders.recordings,
    mayUseAnyFolder: context.mayUseAnyFolder,
    field: 'path',
  });
  return new HlsOutput(config, location, context);
}

interface VariantEntry {
  readonly playlistName: string;
  readonly variant: HlsVariant;
  description: StreamDescription;
  peakBandwidth: number;
}

class HlsOutput implements OutputDriver {
  readonly kind = 'hls';
  readonly target: string;
  readonly legs: readonly OutputLeg[];

  readonly #config: HlsConfig;
  readonly #location: ServedPlaylist;
  readonly #context: OutputContext;
  readonly #folder: string;
  readonly #ownerPrefix: string;
  readonly #cutPlan: CutPlan;
  readonly #mediaClock: MediaClock;
  readonly #entries: readonly VariantEntry[];
  #keyFrameNotice: string | null = null;
  #keyDistanceMs: number | null = null;
  #firstPublishedAtMs: number | null = null;
  #claimedAtMs: number | null = null;
  #hasSwept = false;
  #master = '';

  constructor(config: HlsConfig, location: ServedPlaylist, context: OutputContext) {
    this.#config = config;
    this.#location = location;
    this.#context = context;
    this.#folder = dirname(location.playlistPath);
    this.#ownerPrefix = `${context.streamId}/${context.outputId}/`;
    this.#cutPlan = new CutPlan(config.segmentSeconds * 1000);
    this.#mediaClock = new MediaClock(context.clock);
    this.target = location.playbackPath ?? location.playlistPath;
    const renditionIds = context.renditionIds.length === 0 ? ['main'] : context.renditionIds;
    this.#entries = renditionIds.map((id) => this.#createEntry(id, renditionIds.length > 1));
    this.legs = renditionIds.map((id, index) => this.#createLeg(id, this.#entries[index] as VariantEntry));
  }

  status(): OutputDriverStatus {
    return {
      files: [this.#location.playlistPath],
      playbackPath: this.#location.playbackPath,
      notices: this.#keyFrameNotice === null ? [] : [this.#keyFrameNotice],
    };
  }

  async finish(): Promise<void> {
    for (const { variant } of this.#entries) {
      await variant.end().catch((error: unknown) => this.#warn('the playlist could not be ended', error));
    }
  }

  async remove(): Promise<void> {
    for (const { variant } of this.#entries) await variant.remove();
    if (this.#entries.length > 1) await rm(this.#location.playlistPath, { force: true });
    const { hls } = this.#context.folders;
    if (this.#folder === hls || !isInside(this.#folder, hls)) return;
    await rmdir(this.#folder).catch(() => undefined); // Something of somebody else is in it.
  }

  #createEntry(renditionId: string, isLadder: boolean): VariantEntry {
    const { segmentSeconds, windowSegments, segmentType } = this.#config;
    const name = basename(this.#location.playlistPath);
    const playlistName = isLadder ? `${name.replace(/\.m3u8$/i, '')}-${renditionId}.m3u8` : name;
    const variant = new HlsVariant({
      folder: this.#folder,
      playlistName,
      ownerId: `${this.#ownerPrefix}${renditionId}`,
      segmentSeconds,
      windowSegments,
      segmentType,
      clock: this.#context.clock,
    });
    const description = { codecs: null, width: null, height: null };
    return { playlistName, variant, description, peakBandwidth: 0 };
  }

  #createLeg(renditionId: string, entry: VariantEntry): OutputLeg {
    const leg: HlsLeg = {
      store: entry.variant,
      cutPlan: this.#cutPlan,
      counters: new Map(),
      segmentType: this.#config.segmentType,
      readsEnhancedFlv: this.#context.readsEnhancedFlv,
      dateOf: (timeMs: number, mayCorrect: boolean): number => this.#mediaClock.dateOf(timeMs, mayCorrect),
      noteFrame: (timeMs: number): void => this.#mediaClock.note(timeMs),
      noteKeyDistance: (distanceMs: number, hasCome: boolean): void =>
        this.#noteKeyDistance(distanceMs, hasCome),
      notePublished: (headers: FeedHeaders): void => this.#notePublished(entry, headers),
      lastSession: Promise.resolve(),
    };
    const createSession = (): HlsSession => {
      this.#claimedAtMs ??= this.#context.clock.monotonicMs();
      void this.#sweep(false);
      return new HlsSession(leg, this.#context);
    };
    return { id: renditionId, renditionId, createSession };
  }

  #noteKeyDistance(distanceMs: number, hasCome: boolean): void {
    const previousMs = this.#keyDistanceMs;
    if (hasCome) this.#keyDistanceMs = distanceMs;
    const notice = keyFrameNotice(this.#config.segmentSeconds * 1000, {
      ms: distanceMs,
      hasCome,
      previousMs,
    });
    if (notice !== null && (hasCome || this.#keyFrameNotice === null)) this.#keyFrameNotice = notice;
  }

  #notePublished(entry: VariantEntry, headers: FeedHeaders): void {
    const segment = entry.variant.segments.at(-1);
    if (segment === undefined) return;
    entry.description = describeStream(headers);
    entry.peakBandwidth = Math.max(entry.peakBandwidth, bandwidthOf(segment));
    const nowMs = this.#context.clock.monotonicMs();
    this.#firstPublishedAtMs ??= nowMs;
    if (!this.#hasSwept && nowMs - (this.#claimedAtMs ?? nowMs) >= SWEEP_AFTER_MS) {
      this.#hasSwept = true;
      void this.#sweep(true);
    }
    if (this.#entries.length > 1) void this.#publishMaster(nowMs - this.#firstPublishedAtMs);
  }

  async #publishMaster(waitedMs: number): Promise<void> {
    const ready = this.#entries.filter(({ variant }) => variant.segments.length > 0);
    if (ready.length < this.#entries.length && waitedMs < MASTER_PATIENCE_MS) return;
    const text = renderMasterPlaylist(ready.map(masterVariant));
    if (text === this.#master) return;
    this.#master = text;
    try {
      await replaceFile(this.#location.playlistPath, text);
    } catch (error) {
      this.#master = '';
      this.#warn('the master playlist could not be written', error);
    }
  }

  async #sweep(includesAbandoned: boolean): Promise<void> {
    const removed = await sweepFolder(this.#folder, {
      keep: new Set(this.#entries.map((entry) => entry.playlistName)),
      ownerPrefix: this.#ownerPrefix,
      nowMs: this.#context.clock.nowMs(),
      includesAbandoned,
    });
    if (removed.length > 0) this.#context.logger.info('removed playlists of the past', { removed });
  }

  #warn(message: string, error: unknown): void {
    this.#context.logger.warn(message, { error: error instanceof Error ? error.message : String(error) });
  }
}

function masterVariant({ playlistName, variant, description, peakBandwidth }: VariantEntry): MasterVariant {
  const { segments } = variant;
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const durationMs = segments.reduce((sum, segment) => sum + segment.durationMs, 0);
  return {
    name: playlistName,
    bandwidth: roundedUp(peakBandwidth),
    averageBandwidth: roundedUp(durationMs === 0 ? peakBandwidth : (bytes * 8000) / durationMs),
    ...description,
    fps: null,
  };
}

function bandwidthOf(segment: { bytes: number; durationMs: number }): number {
  return (segment.bytes * 8000) / segment.durationMs;
}

/** To steps of a tenth, so that the master playlist is not written anew with every segment. */
function roundedUp(bitsPerSecond: number): number {
  const step = 10 ** Math.max(3, Math.floor(Math.log10(Math.max(1, bitsPerSecond))) - 1);
  return Math.ceil((bitsPerSecond * 1.05) / step) * step;
}
