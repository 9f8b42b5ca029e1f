/**
 * Saves the last seconds of a stream as an ordinary MP4: what the replay buffer holds goes through one ffmpeg, as fast as
 * it reads, into a file beside the clip, is counted against what was put in, and takes its name only then.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StreamwareError } from '../../contract/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { FfmpegRunner } from '../ffmpeg/ffmpegProcess.ts';
import type { MediaTag } from '../flv/mediaTag.ts';
import { errnoOf, fileError } from './fileErrors.ts';
import { configurationChange, type FeedHeaders } from './flvFeed.ts';
import { BOX_HEADER_BYTES, readBoxHeader, type SampleCounts, sampleCounts } from './mp4Boxes.ts';
import { MuxerSession } from './muxerSession.ts';
import { datedName, numberedPath } from './recording/recordingNames.ts';
import { temporaryPath } from './replaceFile.ts';

export interface ReplayClipOptions {
  /** Metadata, decoder configurations, a key frame and what followed it, in order. Taken at once; not changed. */
  readonly tags: readonly MediaTag[];
  /** Made when missing. */
  readonly folder: string;
  readonly streamName: string;
  readonly runner: FfmpegRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readsEnhancedFlv: boolean;
}

export interface ReplayClip {
  readonly path: string;
  readonly durationMs: number;
  readonly bytes: number;
}

const TIMEOUT_MS = 15_000;
const MAX_NUMBER = 99;

/** @throws `replay.empty`, `file.no_space`, `file.not_writable`, `ffmpeg.exited`; nothing is left behind then */
export async function writeReplayClip(options: ReplayClipOptions): Promise<ReplayClip> {
  const tags = playable(options.tags);
  if (!tags.some(isFrame)) throw new StreamwareError('replay.empty');
  const path = await reserveName(options);
  const temporary = temporaryPath(path);
  try {
    await mux(tags, temporary, options);
    const bytes = await assertComplete(temporary, tags);
    await rename(temporary, path);
    return { path, durationMs: durationOf(tags), bytes };
  } catch (thrown) {
    await Promise.all([rm(temporary, { force: true }), rm(path, { force: true })]);
    throw thrown instanceof StreamwareError ? thrown : fileError(thrown, 'the clip');
  }
}

/** From the last point on from which one file can hold it all: a picture of another size, or other sound, begins a new one. */
function playable(tags: readonly MediaTag[]): MediaTag[] {
  let headers: FeedHeaders = { metadata: null, video: null, audio: null };
  let start = 0;
  let opening: MediaTag[] = [];
  tags.forEach((tag, index) => {
    const change = configurationChange(headers, tag);
    if (tag.kind === 'data') headers = { ...headers, metadata: tag };
    else if (tag.frame === 'header') headers = { ...headers, [tag.kind]: tag };
    if (change === 'none' || change === 'parameters') return;
    start = index + 1;
    opening = [headers.metadata, headers.video, headers.audio].filter((header) => header !== null);
  });
  return [...opening, ...fromFirstKey(tags.slice(start), headers.video !== null)];
}

function fromFirstKey(tags: readonly MediaTag[], hasPicture: boolean): readonly MediaTag[] {
  if (!hasPicture) return tags;
  const key = tags.findIndex((tag) => tag.kind === 'video' && tag.frame === 'key');
  return key < 0 ? [] : tags.slice(key);
}

async function mux(tags: readonly MediaTag[], path: string, options: ReplayClipOptions): Promise<void> {
  const { readsEnhancedFlv } = options;
  const muxer = new MuxerSession(
    {
      purpose: 'clip',
      feed: { timestamps: 'from zero', forwardsNewHeaders: false, readsEnhancedFlv },
      outputArgs: ['-movflags', '+faststart', '-f', 'mp4', '-y', `file:${path}`],
      target: 'file',
    },
    options,
  );
  await muxer.open(new AbortController().signal);
  const ended = muxer.ended;
  for (const tag of tags) if (!muxer.write(tag)) await Promise.race([ended, drained(muxer)]);
  await muxer.close(TIMEOUT_MS);
  const error = await ended;
  if (error !== null) throw error;
}

function drained(muxer: MuxerSession): Promise<void> {
  return new Promise((resolve) => {
    muxer.onDrain = resolve;
  });
}

/** Gives the size of the clip. */
async function assertComplete(path: string, tags: readonly MediaTag[]): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Buffer.alloc(Math.min(size, 4096));
    await file.read(start, 0, start.length, 0);
    const index = findIndex(start);
    if (index === null) throw incomplete('has no index');
    const moov = Buffer.alloc(index.size);
    await file.read(moov, 0, moov.length, index.offset);
    const [got, put] = [sampleCounts(moov), framesOf(tags)];
    if (got.video !== put.video || got.audio !== put.audio) {
      throw incomplete(
        `holds ${got.video} pictures and ${got.audio} sounds of ${put.video} and ${put.audio}`,
      );
    }
    return size;
  } finally {
    await file.close();
  }
}

/** The `moov` box, which stands right behind the file type. */
function findIndex(start: Buffer): { offset: number; size: number } | null {
  for (let offset = 0; offset + BOX_HEADER_BYTES <= start.length; ) {
    const box = readBoxHeader(start, offset);
    if (box === null) return null;
    if (box.type === 'moov') return { offset, size: box.size };
    offset += box.size;
  }
  return null;
}

function framesOf(tags: readonly MediaTag[]): SampleCounts {
  const frames = tags.filter(isFrame);
  const video = frames.filter((tag) => tag.kind === 'video').length;
  return { video, audio: frames.length - video };
}

function isFrame(tag: MediaTag): boolean {
  return tag.kind !== 'data' && tag.frame !== 'header';
}

function durationOf(tags: readonly MediaTag[]): number {
  const times = tags.filter(isFrame).map((tag) => tag.timestampMs);
  return Math.max(...times) - Math.min(...times);
}

/** A clip that exists is never written over: an empty file takes the name first. */
async function reserveName({ folder, streamName, clock }: ReplayClipOptions): Promise<string> {
  const wanted = join(folder, datedName(streamName, clock.nowMs(), '.mp4'));
  try {
    await mkdir(dirname(wanted), { recursive: true });
    for (let number = 1; number <= MAX_NUMBER; number++) {
      const path = numberedPath(wanted, number);
      if (await createNew(path)) return path;
    }
  } catch (thrown) {
    throw fileError(thrown, 'the clip');
  }
  throw new StreamwareError('file.exists');
}

async function createNew(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function incomplete(what: string): StreamwareError {
  return new StreamwareError('ffmpeg.exited', { detail: `The clip ${what}.` });
}
