/**
 * One media playlist and its segments on the disk. It outlives muxers and sessions: numbers go on, whoever died. Files
 * are made under their own numbers, never over anything; a segment is listed only when it is complete and in its place;
 * and what is deleted is what the state file names as ours. Its calls come one after the other; see hlsSession.ts.
 */
import { type FileHandle, lstat, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StreamwareError } from '../../../contract/errors.ts';
import type { Clock } from '../../../lib/clock.ts';
import { fileError } from '../fileErrors.ts';
import { replaceFile } from '../replaceFile.ts';
import {
  emptied,
  emptyState,
  filesOf,
  type HlsSegment,
  type HlsState,
  hlsStateSchema,
  mediaSequence,
  trimmed,
  withSegment,
  withSurplus,
} from './hlsState.ts';
import { nextSequenceOf, renderMediaPlaylist } from './playlist.ts';
import type { SegmentStore } from './segmentStore.ts';

export interface HlsVariantOptions {
  readonly folder: string;
  /** Name of the playlist in the folder. */
  readonly playlistName: string;
  readonly ownerId: string;
  readonly segmentSeconds: number;
  readonly windowSegments: number;
  readonly segmentType: 'mpegts' | 'fmp4';
  readonly clock: Clock;
}

const SEQUENCE_DIGITS = 6;
/** Media time that differs by this much from what was announced is a jump. */
const JUMP_MS = 150;
/** After a pause this long, beyond the length of the list itself, nobody is waiting for the old segments. */
const RESUME_WITHIN_MS = 60_000;

export function statePath(folder: string, playlistName: string): string {
  return join(folder, `.${playlistName}.state.json`);
}

/** Whether another output, in this engine or another one, writes that playlist now. */
export function isInUse(state: HlsState, ownerId: string, nowMs: number): boolean {
  if (state.isFinished || state.owner.id === ownerId || !isAlive(state.owner.pid)) return false;
  return nowMs - state.updatedAt < state.targetSeconds * 3000 + 15_000;
}

export async function readState(folder: string, playlistName: string): Promise<HlsState | null> {
  try {
    return hlsStateSchema.parse(JSON.parse(await readFile(statePath(folder, playlistName), 'utf8')));
  } catch {
    return null; // None, or not one of ours: the playlist itself is asked then.
  }
}

interface OpenSegment {
  readonly name: string;
  readonly startMs: number;
  readonly isDiscontinuous: boolean;
  readonly file: FileHandle;
  bytes: number;
}

export class HlsVariant implements SegmentStore {
  readonly #options: HlsVariantOptions;
  #state: HlsState;
  #isClaimed = false;
  #segment: OpenSegment | null = null;
  #init: string | null = null;
  /** Where the listed segments end on the stream's timeline; null when nothing can go on from them. */
  #endMs: number | null = null;

  constructor(options: HlsVariantOptions) {
    this.#options = options;
    this.#state = emptyState(this.#owner(), 0, options.segmentSeconds);
  }

  get playlistPath(): string {
    return join(this.#options.folder, this.#options.playlistName);
  }

  get segments(): readonly HlsSegment[] {
    return this.#state.segments;
  }

  /** Names of everything it may have on the disk. */
  files(): string[] {
    const { playlistName } = this.#options;
    return [...filesOf(this.#state), playlistName, `.${playlistName}.state.json`];
  }

  /**
   * Takes the playlist over: from an earlier session of this engine, from an engine that was killed, or new. Leftovers of
   * a crash are removed, and of the old list goes on what is still there and still recent.
   * @throws `output.duplicate`, `file.exists` when the playlist is somebody else's, `file.not_writable`, `file.no_space`
   */
  async claim(): Promise<void> {
    await this.#guarded(async () => {
      await mkdir(this.#options.folder, { recursive: true });
      const found = await readState(this.#options.folder, this.#options.playlistName);
      if (found !== null && isInUse(found, this.#options.ownerId, this.#options.clock.nowMs())) {
        throw new StreamwareError('output.duplicate', { detail: 'Another output writes this playlist.' });
      }
      await this.abandon();
      if (!this.#isClaimed) this.#state = found ?? (await this.#stateFromPlaylist());
      const leftovers = this.#state.open;
      const kept = await this.#whatIsThere(this.#resumed(this.#state));
      const { windowSegments, segmentSeconds } = this.#options;
      const { state, surplus } = trimmed(kept, windowSegments, segmentSeconds);
      this.#state = { ...state, owner: this.#owner(), isFinished: false, open: [] };
      await this.#save();
      await this.#delete([...leftovers, ...surplus]);
      this.#isClaimed = true;
    });
  }

  async writeInit(bytes: Buffer): Promise<void> {
    await this.#guarded(async () => {
      const name = await this.#freeName('init-', '.mp4');
      await this.#noteOpen(name);
      const file = await open(this.#path(name), 'wx');
      try {
        await file.writeFile(bytes);
      } finally {
        await file.close();
      }
      this.#init = name;
    });
  }

  async begin(startMs: number, isNewEncoding: boolean): Promise<void> {
    await this.#guarded(async () => {
      const hasJumped = this.#endMs === null || Math.abs(startMs - this.#endMs) > JUMP_MS;
      const name = await this.#freeName('', this.#options.segmentType === 'mpegts' ? '.ts' : '.m4s');
      await this.#noteOpen(name, partName(name));
      const file = await open(this.#path(partName(name)), 'w');
      const isDiscontinuous = this.#state.segments.length > 0 && (hasJumped || isNewEncoding);
      this.#segment = { name, startMs, isDiscontinuous, file, bytes: 0 };
    });
  }

  async append(bytes: Buffer): Promise<void> {
    const segment = this.#segment;
    if (segment === null) return;
    await this.#guarded(async () => {
      let offset = 0;
      while (offset < bytes.length) {
        offset += (await segment.file.write(bytes, offset, bytes.length - offset)).bytesWritten;
      }
      segment.bytes += bytes.length;
    });
  }

  /** Puts the segment in its place and on the list. */
  async finish(endMs: number, dateOf: (isDiscontinuous: boolean) => number): Promise<void> {
    const segment = this.#segment;
    if (segment === null) return;
    this.#segment = null;
    await this.#guarded(async () => {
      await segment.file.close();
      const durationMs = endMs - segment.startMs;
      if (segment.bytes === 0 || durationMs <= 0) {
        await this.#delete([partName(segment.name)]);
        return;
      }
      await rename(this.#path(partName(segment.name)), this.#path(segment.name));
      for (const one of [this.#state.segments.at(-1), segment]) if (one) await this.#assertComplete(one);
      const { name, startMs, isDiscontinuous, bytes } = segment;
      const dateMs = dateOf(isDiscontinuous);
      const entry: HlsSegment = {
        name,
        durationMs,
        startMs,
        dateMs,
        isDiscontinuous,
        bytes,
        init: this.#init,
      };
      const { windowSegments, segmentSeconds } = this.#options;
      const { state, surplus } = withSegment(this.#state, entry, windowSegments, segmentSeconds);
      this.#state = { ...state, open: [] };
      this.#endMs = endMs;
      await this.#save();
      await this.#publish();
      await this.#delete(surplus);
    });
  }

  async drain(): Promise<void> {
    // What is finished is on the disk.
  }

  cancel(): void {
    // As above.
  }

  async abandon(): Promise<void> {
    const segment = this.#segment;
    this.#segment = null;
    if (segment === null) return;
    await segment.file.close().catch(() => undefined); // What it holds is thrown away.
    await this.#delete([partName(segment.name)]);
  }

  /** The broadcast is over: says so in the list, and keeps the files of the list alone. */
  async end(): Promise<void> {
    await this.abandon();
    if (!this.#isClaimed) return;
    await this.#guarded(async () => {
      const { state, surplus } = withSurplus(this.#state, 0);
      const leftovers = [...this.#state.open, ...surplus];
      this.#state = { ...state, isFinished: true, open: [] };
      this.#endMs = null;
      await this.#save();
      if (state.segments.length > 0) await this.#publish();
      await this.#delete(leftovers.filter((name) => !filesOf(this.#state).includes(name)));
    });
  }

  /** Deletes everything of it. */
  async remove(): Promise<void> {
    await this.abandon();
    const { folder, playlistName, ownerId } = this.#options;
    const found = await readState(folder, playlistName);
    if (!this.#isClaimed && found?.owner.id !== ownerId) return;
    await this.#delete([...this.files(), ...(found === null ? [] : filesOf(found))]);
    this.#state = { ...emptyState(this.#owner(), this.#state.nextSequence, this.#options.segmentSeconds) };
    this.#isClaimed = false;
  }

  #owner(): HlsState['owner'] {
    return { id: this.#options.ownerId, pid: process.pid };
  }

  /** What of an old state goes on: everything for a list that its readers still follow, else only the numbers. */
  #resumed(state: HlsState): HlsState {
    const { clock, ownerId, segmentType, segmentSeconds } = this.#options;
    const lengthMs = state.segments.reduce((sum, segment) => sum + segment.durationMs, 0);
    const isRecent = clock.nowMs() - state.updatedAt < lengthMs + RESUME_WITHIN_MS;
    const isSameKind = state.segments.every((one) => (one.init === null) === (segmentType === 'mpegts'));
    if (!this.#isClaimed) this.#endMs = null;
    if (state.owner.id === ownerId && !state.isFinished && isRecent && isSameKind) return state;
    this.#endMs = null;
    return { ...emptied(state), targetSeconds: Math.ceil(segmentSeconds) };
  }

  /** Drops from the list what somebody removed, with all before it: a list has no holes. */
  async #whatIsThere(state: HlsState): Promise<HlsState> {
    const found = await Promise.all(
      state.segments.map(async ({ name, bytes, init }) => {
        const isThere = (await this.#sizeOf(name)) === bytes;
        return isThere && (init === null || (await this.#sizeOf(init)) !== null);
      }),
    );
    const lastMissing = found.lastIndexOf(false);
    if (lastMissing < 0) return state;
    const whole = { ...state, segments: state.segments.slice(0, lastMissing + 1) };
    const { discontinuitySequence, retired } = emptied(whole);
    return { ...state, segments: state.segments.slice(lastMissing + 1), discontinuitySequence, retired };
  }

  async #sizeOf(name: string): Promise<number | null> {
    return stat(this.#path(name)).then(
      ({ size }) => size,
      () => null,
    );
  }

  /** Without a state file the playlist that may be there tells how far the numbers went. */
  async #stateFromPlaylist(): Promise<HlsState> {
    const text = await readFile(this.playlistPath, 'utf8').catch(() => null);
    const nextSequence = text === null ? 0 : nextSequenceOf(text);
    if (nextSequence === null) {
      throw new StreamwareError('file.exists', {
        detail: 'There is a file of that name which is no playlist.',
      });
    }
    return emptyState(this.#owner(), nextSequence, this.#options.segmentSeconds);
  }

  /** A name that nothing has: `show-000123.ts`, behind a foreign file of that name `show-000123-2.ts`. */
  async #freeName(kind: string, extension: string): Promise<string> {
    const stem = this.#options.playlistName.replace(/\.m3u8$/i, '');
    const number = String(this.#state.nextSequence).padStart(SEQUENCE_DIGITS, '0');
    for (let attempt = 1; ; attempt++) {
      const name = `${stem}-${kind}${number}${attempt === 1 ? '' : `-${attempt}`}${extension}`;
      const isTaken = await lstat(this.#path(name)).then(
        () => true,
        () => false,
      );
      if (!isTaken) return name;
    }
  }

  async #noteOpen(...names: string[]): Promise<void> {
    this.#state = { ...this.#state, open: [...this.#state.open, ...names] };
    await this.#save();
  }

  async #assertComplete({ name, bytes }: Pick<HlsSegment, 'name' | 'bytes'>): Promise<void> {
    const found = await this.#sizeOf(name);
    if (found === bytes) return;
    const detail = `The segment ${name} is ${found === null ? 'gone' : 'not whole'} on the disk.`;
    throw new StreamwareError('file.not_writable', { detail });
  }

  async #save(): Promise<void> {
    this.#state = { ...this.#state, updatedAt: this.#options.clock.nowMs() };
    await replaceFile(
      statePath(this.#options.folder, this.#options.playlistName),
      JSON.stringify(this.#state),
    );
  }

  async #publish(): Promise<void> {
    await replaceFile(
      this.playlistPath,
      renderMediaPlaylist({ ...this.#state, mediaSequence: mediaSequence(this.#state) }),
    );
  }

  async #delete(names: readonly string[]): Promise<void> {
    // One that cannot be deleted must not end the broadcast; the next start finds it in the state again.
    await Promise.all(names.map((name) => rm(this.#path(name), { force: true }).catch(() => undefined)));
  }

  #path(name: string): string {
    return join(this.#options.folder, name);
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      throw fileError(thrown, 'the playlist');
    }
  }
}

/** Hidden until it is complete. */
function partName(name: string): string {
  return `.${name}.part`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
