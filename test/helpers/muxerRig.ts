/**
 * What the tests of the muxer outputs stand on: real tags made by ffmpeg, handed to sessions at a chosen speed, and the
 * parts of the engine that a session needs. Not a relay: it neither queues nor retries.
 */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, delay, systemClock } from '../../main/lib/clock.ts';
import { createLogger, type LogRecord } from '../../main/lib/logger.ts';
import { Redactor } from '../../main/lib/redactor.ts';
import { createFfmpegRunner } from '../../main/media/ffmpeg/ffmpegRunner.ts';
import { createGuardian } from '../../main/media/ffmpeg/guardian.ts';
import { FlvReader } from '../../main/media/flv/flvReader.ts';
import { at, type MediaTag } from '../../main/media/flv/mediaTag.ts';
import type { OutputContext } from '../../main/media/outputs/outputDriver.ts';
import type { OutputSession } from '../../main/media/outputs/outputSession.ts';
import { RecordingJournal } from '../../main/media/outputs/recording/recordingJournal.ts';
import { findProgram, startPeer } from './childProcess.ts';
import type { MediaPacket } from './mediaPackets.ts';
import { createTempFolder, type TempFolder } from './tempFolder.ts';

export interface TagRecipe {
  readonly seconds?: number;
  readonly size?: string;
  readonly fps?: number;
  readonly gop?: number;
  readonly videoKbps?: number;
  readonly bFrames?: number;
  readonly audio?: boolean;
  readonly video?: boolean;
}

const made = new Map<string, Promise<MediaTag[]>>();

/** A test picture with a tone as the relay would hand it on: metadata, headers, key frame, then the rest. Made once per recipe. */
export function sampleTags(recipe: TagRecipe = {}): Promise<MediaTag[]> {
  const key = JSON.stringify(recipe);
  const known = made.get(key) ?? makeTags(recipe);
  made.set(key, known);
  return known;
}

async function makeTags(recipe: TagRecipe): Promise<MediaTag[]> {
  const { seconds = 10, size = '320x180', fps = 30, gop = fps * 2, videoKbps = 400, bFrames = 0 } = recipe;
  const { audio = true, video = true } = recipe;
  const picture = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${fps}`];
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', `${videoKbps}k`, '-pix_fmt', 'yuv420p'];
  const rate = ['-minrate', `${videoKbps}k`, '-maxrate', `${videoKbps}k`, '-bufsize', `${videoKbps}k`];
  const groups = [
    '-g',
    String(gop),
    '-keyint_min',
    String(gop),
    '-sc_threshold',
    '0',
    '-bf',
    String(bFrames),
  ];
  const tone = ['-f', 'lavfi', '-i', 'sine=440:r=48000'];
  const peer = await startPeer({
    command: 'ffmpeg',
    args: [
      ...['-nostdin', '-v', 'error'],
      ...(video ? picture : []),
      ...(audio ? tone : []),
      ...['-t', String(seconds)],
      ...(video ? [...x264, ...rate, ...groups] : []),
      ...(audio ? ['-c:a', 'aac', '-b:a', '96k', '-ac', '2'] : []),
      ...['-f', 'flv', '-flvflags', 'no_duration_filesize', 'pipe:1'],
    ],
    ownStdout: true,
  });
  const tags: MediaTag[] = [];
  const reader = new FlvReader((tag) => tags.push(tag));
  for await (const chunk of peer.process.stdout ?? []) reader.push(chunk as Buffer);
  const { code } = await peer.exited;
  if (code !== 0) throw new Error(`the sample could not be made: ${peer.output()}`);
  return inRelayOrder(tags, video);
}

function inRelayOrder(tags: readonly MediaTag[], hasVideo: boolean): MediaTag[] {
  const isHeader = (tag: MediaTag): boolean => tag.kind === 'data' || tag.frame === 'header';
  const firstKey = tags.findIndex((tag) => tag.kind === 'video' && tag.frame === 'key');
  const frames = tags.slice(hasVideo ? firstKey : 0).filter((tag) => !isHeader(tag));
  return [...tags.filter(isHeader), ...frames];
}

/** The same tags, later by `offsetMs`. */
export function shifted(tags: readonly MediaTag[], offsetMs: number): MediaTag[] {
  return tags.map((tag) => at(tag, tag.timestampMs + offsetMs));
}

/** Metadata and decoder configurations. */
export function headersOf(tags: readonly MediaTag[]): MediaTag[] {
  return tags.filter((tag) => tag.kind === 'data' || tag.frame === 'header');
}

/** What goes after the headers. */
export function framesOf(tags: readonly MediaTag[]): MediaTag[] {
  return tags.filter((tag) => tag.kind !== 'data' && tag.frame !== 'header');
}

/** The packets that the tags carry, to be compared with what a file holds. */
export function packetsOf(tags: readonly MediaTag[]): { video: MediaPacket[]; audio: MediaPacket[] } {
  const toPacket = (tag: MediaTag): MediaPacket => {
    const data = tag.payload.subarray(tag.kind === 'video' ? 5 : 2);
    const isVideo = tag.kind === 'video';
    return {
      dtsMs: tag.timestampMs,
      ptsMs: tag.timestampMs + (isVideo ? tag.compositionMs : 0),
      isKey: !isVideo || tag.frame === 'key',
      size: data.length,
      md5: createHash('md5').update(data).digest('hex'),
    };
  };
  const frames = framesOf(tags);
  return {
    video: frames.filter((tag) => tag.kind === 'video').map(toPacket),
    audio: frames.filter((tag) => tag.kind === 'audio').map(toPacket),
  };
}

export interface FeedOptions {
  /** 1 = real time; Infinity = as fast as the session takes it. Default Infinity. */
  readonly speed?: number;
  /** Stops when it aborts. */
  readonly signal?: AbortSignal;
  /** Called with each tag just before it is written. */
  readonly onTag?: (tag: MediaTag) => void;
}

/** Writes the tags in order, waiting for `onDrain` when told to. Resolves with the last tag written. */
export async function feed(
  session: OutputSession,
  tags: readonly MediaTag[],
  options: FeedOptions = {},
): Promise<MediaTag | null> {
  const { speed = Number.POSITIVE_INFINITY, signal, onTag } = options;
  const startMs = systemClock.monotonicMs();
  const originMs = framesOf(tags)[0]?.timestampMs ?? 0;
  let hasEnded = false;
  const ended = session.ended.then(() => {
    hasEnded = true;
  });
  let last: MediaTag | null = null;
  for (const tag of tags) {
    const dueMs = startMs + Math.max(0, tag.timestampMs - originMs) / speed;
    const waitMs = dueMs - systemClock.monotonicMs();
    if (waitMs > 1) await Promise.race([delay(systemClock, waitMs, signal), ended]);
    if (signal?.aborted || hasEnded) break;
    onTag?.(tag);
    last = tag;
    if (session.write(tag)) continue;
    await Promise.race([
      ended,
      new Promise<void>((resolve) => {
        session.onDrain = resolve;
      }),
    ]);
  }
  return last;
}

export interface MuxerRig {
  readonly context: OutputContext;
  readonly redactor: Redactor;
  readonly log: LogRecord[];
  readonly folder: string;
  file(name: string): string;
  dispose(): Promise<void>;
}

/**
 * A runner with its guardian, a journal and folders of its own.
 * @param root folder that stays; a temporary one by default
 */
export function createMuxerRig(change: Partial<OutputContext> = {}, root?: string): MuxerRig {
  const folder = root === undefined ? createTempFolder('outputs') : keptFolder(root);
  const ffmpegPath = findProgram('ffmpeg');
  if (ffmpegPath === null) throw new Error('ffmpeg is missing; on Debian and Ubuntu: apt-get install ffmpeg');
  const log: LogRecord[] = [];
  const redactor = new Redactor();
  const clock: Clock = change.clock ?? systemClock;
  const logger = createLogger((record) => log.push(record));
  const guardian = createGuardian({ clock: systemClock, logger });
  const runner = createFfmpegRunner({
    binary: () => ({ ffmpegPath }),
    clock: systemClock,
    logger,
    redactor,
    guardian,
  });
  const folders = {
    recordings: folder.file('recordings'),
    hls: folder.file('hls'),
    temporary: folder.file('cache'),
  };
  for (const path of Object.values(folders)) mkdirSync(path, { recursive: true });
  const journal = new RecordingJournal({ folder: folder.file('journal'), runner, clock, logger });
  const context: OutputContext = {
    runner,
    clock,
    logger,
    redactor,
    folders,
    journal,
    streamId: 'str_test',
    streamName: 'Friday Show',
    outputId: 'out_test',
    renditionIds: ['main'],
    mayUseAnyFolder: false,
    readsEnhancedFlv: false,
    ...change,
  };
  return {
    context,
    redactor,
    log,
    folder: folder.path,
    file: folder.file,
    async dispose() {
      await journal.close();
      await guardian.close();
      folder.remove();
    },
  };
}

function keptFolder(path: string): Pick<TempFolder, 'path' | 'file' | 'remove'> {
  return { path, file: (name) => join(path, name), remove: () => undefined };
}
