/**
 * One broadcast to which things are done: a publisher pushes a file of 6 Mbit/s into the engine, which passes it through
 * (no encoder runs), to four destinations that nobody touches (nginx-rtmp, a recording, HLS, SRT) and to those of the test.
 * Afterwards the receivers are read, packet by packet: what the untouched ones lost, and how the others came back.
 */
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { type Output, outputSchema } from '../../main/contract/outputs.ts';
import type { OutputState, OutputStatus, StreamConfigInput } from '../../main/contract/streams.ts';
import { type Clock, systemClock } from '../../main/lib/clock.ts';
import { FlvReader } from '../../main/media/flv/flvReader.ts';
import type { MediaTag } from '../../main/media/flv/mediaTag.ts';
import { type PeerProcess, runTool, startPeer } from '../helpers/childProcess.ts';
import { type FfmpegReceiver, startSrtListener } from '../helpers/ffmpegListen.ts';
import type { FixtureName } from '../helpers/fixtureRecipes.ts';
import { fixture } from '../helpers/fixtures.ts';
import { readPlaylist } from '../helpers/hlsReader.ts';
import {
  compare,
  continuity,
  type MediaPacket,
  type MediaPackets,
  packets,
} from '../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { childrenOf } from '../helpers/processTree.ts';
import { startTestEngine, type TestEngine } from '../helpers/testEngine.ts';
import { waitFor } from '../helpers/waitFor.ts';
import { sharedCache } from '../helpers/warmEncoders.ts';

/** What the sum of two roundings and one interleaving may move sound against picture by. */
const AV_TOLERANCE_MS = 40;
/** So far from a picture its sound is looked for. */
const SOUND_NEAR_MS = 100;
/** What is further away than this is the same sound of another time that the file was played. */
const SAME_MOMENT_MS = 1000;

const INGEST_KEY = 'fault-rig';
const passedThrough: Pick<StreamConfigInput, 'input' | 'processing'> = {
  input: { type: 'ingest', key: INGEST_KEY },
  processing: [{ type: 'copy' }],
};

/** ffmpeg as OBS would publish: in real time, for ever. @param offsetSeconds where its clock begins */
export async function publishFile(url: string, name: FixtureName, offsetSeconds = 0): Promise<PeerProcess> {
  const input = ['-re', '-stream_loop', '-1', '-i', await fixture(name)];
  const output = ['-c', 'copy', '-output_ts_offset', `${offsetSeconds}`, '-f', 'flv', url];
  return await startPeer({ command: 'ffmpeg', args: ['-nostdin', '-v', 'error', ...input, ...output] });
}

/** A state that an output was in. */
export interface OutputStep {
  readonly atMs: number;
  readonly state: OutputState;
  /** Code of the reason; null when there is none. */
  readonly code: string | null;
}

export interface Receipts {
  readonly witness: MediaPackets;
  readonly recording: MediaPackets;
  readonly hls: MediaPackets;
  readonly srt: MediaPackets;
  /** The recording, in the clothes that it wears in a transport stream. */
  readonly recordingAsTs: MediaPackets;
}

export type OutputInput = StreamConfigInput['output'] extends readonly (infer One)[] | undefined
  ? One
  : never;

export class FaultRig {
  readonly engine: TestEngine;
  readonly witness: NginxRtmp;
  readonly #srt: FfmpegReceiver;
  readonly #history = new Map<string, OutputStep[]>();
  readonly #cleanUps: (() => unknown)[] = [];
  #publisher: PeerProcess | null = null;
  #streamId = '';

  private constructor(engine: TestEngine, witness: NginxRtmp, srt: FfmpegReceiver) {
    this.engine = engine;
    this.witness = witness;
    this.#srt = srt;
    engine.streams.onEvent((event) => {
      if (event.type !== 'outputChanged') return;
      const { state, reason } = event.output;
      const step = { atMs: systemClock.monotonicMs(), state, code: reason?.code ?? null };
      this.#history.set(event.outputId, [...(this.#history.get(event.outputId) ?? []), step]);
    });
  }

  /** @param clock of the engine, where the test plays with it */
  static async start(clock: Clock = systemClock): Promise<FaultRig> {
    const [engine, witness, srt] = await Promise.all([
      startTestEngine({ sharedCache, clock }),
      startNginxRtmp(),
      startSrtListener(),
    ]);
    return new FaultRig(engine, witness, srt);
  }

  get streamId(): string {
    return this.#streamId;
  }

  /** A file in the engine's folder, which is removed in the end. */
  file(name: string): string {
    return this.engine.folder.file(name);
  }

  /** Called in reverse order by `close`. */
  onClose(cleanUp: () => unknown): void {
    this.#cleanUps.push(cleanUp);
  }

  /** Goes on air to the four untouched destinations; resolves when all of them are live. */
  async goLive(program: Pick<StreamConfigInput, 'input' | 'processing'> = passedThrough): Promise<void> {
    this.#streamId = await this.engine.goLive({
      ...program,
      output: [
        { type: 'rtmp', id: 'witness', url: this.witness.url('rec', 'witness'), priority: 90 },
        { type: 'file', id: 'recording', path: this.file('recording.flv'), minFreeMegabytes: 50 },
        { type: 'hls', id: 'hls', path: this.file('hls/show.m3u8'), windowSegments: 1000 },
        { type: 'srt', id: 'srt', url: this.#srt.url, priority: 80 },
      ],
    });
    if (program === passedThrough) await this.publish('6mbit.flv');
    await this.engine.untilLive(this.#streamId);
  }

  /** Starts the publisher whose stream is passed through. Of several the last one is the one that `close` ends. */
  async publish(name: FixtureName): Promise<PeerProcess> {
    this.#publisher = await publishFile(`${this.engine.ingestUrl}/${INGEST_KEY}`, name);
    return this.#publisher;
  }

  get publisher(): PeerProcess {
    if (this.#publisher === null) throw new Error('nobody publishes');
    return this.#publisher;
  }

  /** Adds an output to the broadcast. @returns the children that the engine started for it so far */
  async add(output: OutputInput & { id: string }): Promise<void> {
    const parsed: Output = outputSchema.parse(output);
    await this.engine.streams.addOutput(this.#streamId, parsed, { mayUseAnyFolder: true });
  }

  /** Adds an output and waits until it is live. @returns the processes that the engine started for it */
  async addLive(output: OutputInput & { id: string }): Promise<number[]> {
    const before = new Set(childrenOf(process.pid));
    await this.add(output);
    await this.until(output.id, 'live');
    return childrenOf(process.pid).filter((pid) => !before.has(pid));
  }

  status(outputId: string): OutputStatus {
    const status = this.engine.health(this.#streamId).outputs.find(({ id }) => id === outputId);
    if (!status) throw new Error(`no output ${outputId}`);
    return status;
  }

  /** Every state of an output so far, with when it came. */
  history(outputId: string): readonly OutputStep[] {
    return this.#history.get(outputId) ?? [];
  }

  /** Resolves with the moment when the output was first in that state, at `sinceMs` or later. */
  async until(outputId: string, state: OutputState, sinceMs = 0, timeoutMs = 20_000): Promise<OutputStep> {
    const find = (): OutputStep | undefined =>
      this.history(outputId).find((step) => step.state === state && step.atMs >= sinceMs);
    return await waitFor(find, {
      what: `${outputId} to be ${state}; so far ${JSON.stringify(this.history(outputId))}`,
      timeoutMs,
    });
  }

  /** Resolves when that many further frames went to an output; the witness unless another is named. */
  async untilSent(frames: number, outputId = 'witness'): Promise<void> {
    const goal = this.status(outputId).framesSent + frames;
    await waitFor(() => this.status(outputId).framesSent >= goal, {
      what: `${frames} more frames to ${outputId}`,
      timeoutMs: 30_000,
    });
  }

  /** Resolves when the server has the metadata of the session that runs under that key. */
  async untilAnnounced(server: NginxRtmp, key: string): Promise<void> {
    const isAnnounced = async (): Promise<boolean> =>
      (await server.stat()).some(({ name, frameRate }) => name === key && frameRate > 0);
    await waitFor(isAnnounced, { what: `the metadata of ${key}` });
  }

  /** @returns how long the stop took, milliseconds */
  async stop(): Promise<number> {
    const startMs = systemClock.monotonicMs();
    await this.engine.streams.stop(this.#streamId);
    const tookMs = systemClock.monotonicMs() - startMs;
    await this.engine.streams.untilFinished(this.#streamId);
    return tookMs;
  }

  /** What the untouched destinations got. After `stop`. */
  async receipts(): Promise<Receipts> {
    await this.#srt.exited;
    const ts = this.file('recording-as.ts');
    await runTool('ffmpeg', ['-v', 'error', '-i', this.file('recording.flv'), '-c', 'copy', ts]);
    const segments = readPlaylist(this.file('hls/show.m3u8')).segments;
    const hls = this.file('hls-whole.ts');
    writeFileSync(hls, Buffer.concat(segments.map(({ name }) => readFileSync(this.file(`hls/${name}`)))));
    const files = this.witness.recordings('witness');
    expect(files, 'sessions of the witness').toHaveLength(1);
    return {
      witness: await packets(files[0] ?? ''),
      recording: await packets(this.file('recording.flv')),
      hls: await packets(hls),
      srt: await packets(this.#srt.file),
      recordingAsTs: await packets(ts),
    };
  }

  /** Reads the receivers and expects that the four untouched ones lost nothing and never reconnected. After `stop`. */
  async expectNobodyElseSuffered(): Promise<Receipts> {
    const { outputs } = this.engine.streams.get(this.#streamId);
    for (const id of ['witness', 'recording', 'hls', 'srt']) {
      const output = outputs.find((one) => one.id === id);
      expect(output, id).toMatchObject({ reconnects: 0, droppedFrames: 0 });
      expect(
        this.history(id).map(({ state }) => state),
        id,
      ).toEqual(['connecting', 'live', 'off']);
    }
    const receipts = await this.receipts();
    expectSame('witness', receipts.recording, receipts.witness);
    expectSame('hls', receipts.recordingAsTs, receipts.hls);
    expectSame('srt', receipts.recordingAsTs, receipts.srt);
    return receipts;
  }

  async close(): Promise<void> {
    await this.#publisher?.stop();
    await this.engine.close();
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
    await this.#srt.stop();
    await this.witness.stop();
  }
}

/** Both tracks whole and in order, and between the first and the last packet nothing but what the reference has. */
function expectSame(what: string, reference: MediaPackets, received: MediaPackets): void {
  for (const track of ['video', 'audio'] as const) {
    const { missingInside, extra, missingAtMs } = compare(reference[track], received[track]);
    expect({ missingInside, extra, missingAtMs }, `${what}, ${track}`).toEqual({
      missingInside: 0,
      extra: 0,
      missingAtMs: [],
    });
    expect(stepsBack(reference[track], received[track]), `${what}, ${track}`).toEqual([]);
  }
  expect(received.video.length, what).toBeGreaterThan(0);
  expect(received.audio.length, what).toBeGreaterThan(0);
  expect(received.video[0]?.isKey, what).toBe(true);
}

/**
 * Where a track goes back, unless the reference does so by as much: in a transport stream several frames of sound share
 * one time stamp, and a reader adds up the others, which overshoots where two of them were closer than their length.
 */
function stepsBack(reference: readonly MediaPacket[], received: readonly MediaPacket[]): number[] {
  const backIn = (track: readonly MediaPacket[]): [string, number][] =>
    track.flatMap(({ md5, dtsMs }, index): [string, number][] => {
      const stepMs = dtsMs - (track[index - 1]?.dtsMs ?? dtsMs);
      return stepMs < 0 ? [[md5, stepMs]] : [];
    });
  const known = new Map(backIn(reference));
  return backIn(received).flatMap(([md5, stepMs]) => (stepMs < (known.get(md5) ?? 0) - 1 ? [stepMs] : []));
}

/**
 * One session as nginx recorded it, as each must be however the one before ended (see `untilAnnounced` for the metadata,
 * which nginx keeps to itself): decoder configurations before the first frame, a key frame first, both tracks in order, every packet one of the program's, and
 * sound and picture as far apart as in the reference.
 * @param mayHaveGaps whole groups of pictures may be missing, as of a destination that is too slow
 */
export async function expectCleanSession(
  file: string,
  reference: MediaPackets,
  mayHaveGaps = false,
): Promise<MediaPackets> {
  expect(openingOf(file), file).toEqual(['video header', 'audio header']);
  const session = await packets(file);
  expectCleanPackets(file, session, reference, mayHaveGaps);
  return session;
}

/** The same without what only an FLV file shows. */
export function expectCleanPackets(
  what: string,
  session: MediaPackets,
  reference: MediaPackets,
  mayHaveGaps = false,
): void {
  if (!mayHaveGaps) expectSame(what, reference, session);
  for (const track of ['video', 'audio'] as const) {
    expect(continuity(session[track]), `${what}, ${track}`).toMatchObject({ backwards: 0 });
    expect(compare(reference[track], session[track]).extra, `${what}, ${track}`).toBe(0);
  }
  expect(session.video[0]?.isKey, what).toBe(true);
  expect(avChangesMs(reference, session), what).toBeLessThanOrEqual(AV_TOLERANCE_MS);
}

/**
 * Whatever is missing is made good for with a key frame: what follows a hole can be decoded.
 * @returns how many holes there are
 */
export function countDecodableHoles(reference: MediaPackets, received: MediaPackets): number {
  // The file is played in a loop: its first picture follows its last.
  const loop = [...new Set(reference.video.map(({ md5 }) => md5))];
  const places = new Map(loop.map((md5, index) => [md5, index]));
  let holes = 0;
  for (const [index, packet] of received.video.entries()) {
    const before = places.get(received.video[index - 1]?.md5 ?? '');
    if (before === undefined || places.get(packet.md5) === (before + 1) % loop.length) continue;
    expect(packet.isKey, `the hole before ${packet.dtsMs} ms ends with a key frame`).toBe(true);
    holes += 1;
  }
  return holes;
}

/**
 * Everything on a playlist whose muxer was killed or frozen: each segment can be played on its own, what is missing is
 * made good for with a key frame, and the playlist says so, there and nowhere else.
 */
export async function expectPlayable(playlist: string, reference: MediaPackets): Promise<void> {
  const { segments } = readPlaylist(playlist);
  const all = await Promise.all(segments.map(({ name }) => packets(join(dirname(playlist), name))));
  for (const [index, segment] of all.entries()) expectSame(`segment ${index}`, reference, segment);
  const received: MediaPackets = {
    video: all.flatMap(({ video }) => video),
    audio: all.flatMap(({ audio }) => audio),
  };
  expect(compare(reference.video, received.video).extra).toBe(0);
  const holes = countDecodableHoles(reference, received);
  expect(segments.filter(({ isDiscontinuous }) => isDiscontinuous)).toHaveLength(holes);
}

/** A transport stream that was cut off ends in the middle of a frame, which a reader takes for one. */
export function withoutTornEnd({ video, audio }: MediaPackets): MediaPackets {
  return { video: video.slice(0, -1), audio: audio.slice(0, -1) };
}

/**
 * By how much sound and picture moved against each other at most, looked at each picture that has its sound close by.
 * Where one source was cut off for another, some have lost theirs.
 */
export function avChangesMs(reference: MediaPackets, received: MediaPackets): number {
  const [pictures, sounds] = [timesByContent(received.video), timesByContent(received.audio)];
  const changes: number[] = [];
  let shown = 0;
  for (const { md5, ptsMs } of reference.video) {
    const sound = reference.audio.find(({ dtsMs }) => dtsMs >= ptsMs && dtsMs < ptsMs + SOUND_NEAR_MS);
    if (sound === undefined) continue;
    const heard = sounds.get(sound.md5) ?? [];
    for (const seenMs of pictures.get(md5) ?? []) {
      const distances = heard.map((heardMs) => Math.abs(heardMs - seenMs - (sound.dtsMs - ptsMs)));
      const nearestMs = Math.min(...distances);
      if (nearestMs <= SAME_MOMENT_MS) changes.push(nearestMs);
      shown += 1;
    }
  }
  expect(changes.length, `pictures with their sound, of ${shown}`).toBeGreaterThan(shown * 0.8);
  return Math.max(...changes);
}

/** When each packet is shown or heard; several times where the source is played in a loop. */
function timesByContent(track: readonly MediaPacket[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { md5, ptsMs } of track) times.set(md5, [...(times.get(md5) ?? []), ptsMs]);
  return times;
}

/** Which decoder configurations come before the first frame, in order; at most the first megabyte is looked at. */
function openingOf(file: string): string[] {
  const start = Buffer.alloc(2 ** 20);
  const descriptor = openSync(file, 'r');
  const length = readSync(descriptor, start);
  closeSync(descriptor);
  const tags: MediaTag[] = [];
  new FlvReader((tag) => tags.push(tag)).push(start.subarray(0, length));
  const firstFrame = tags.findIndex((tag) => tag.kind !== 'data' && tag.frame !== 'header');
  const headers = tags.slice(0, firstFrame).filter(({ kind }) => kind !== 'data');
  return [...new Set(headers.map(({ kind }) => `${kind} header`))];
}
