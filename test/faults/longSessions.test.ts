// Sessions that last for hours and weeks: past the marks where a time stamp outgrows its field. What takes that long is
// left out of the material: the first seconds of a session, then those around the mark.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MediaTag } from '../../main/media/flv/mediaTag.ts';
import { startPeer } from '../helpers/childProcess.ts';
import { fixture } from '../helpers/fixtures.ts';
import { compare, continuity, packets } from '../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { neverAborted, publisherTo, readTags, writeAll } from '../helpers/rtmpPublishing.ts';
import { startTestEngine, type TestEngine } from '../helpers/testEngine.ts';
import { waitFor, within } from '../helpers/waitFor.ts';
import { sharedCache } from '../helpers/warmEncoders.ts';
import { avChangesMs, publishFile } from './rig.ts';

const CLOCK_MS = 2 ** 32;
/** The first group of pictures: what comes before the time that is left out. */
const BEGINNING_MS = 2000;
/** So long before the mark the session goes on. */
const BEFORE_MARK_MS = 3000;
const FRAME_MS = 40;
/** Five seconds of pictures, of which the last two are behind the mark. */
const FRAMES_PAST_MARK = 125;
/** Pictures and sounds that the player waits for. */
const PACKETS_SEEN = 800;

let server: NginxRtmp;
let engine: TestEngine;
let material: string;

beforeAll(async () => {
  [server, engine, material] = await Promise.all([
    startNginxRtmp(),
    startTestEngine({ sharedCache }),
    fixture('ok.flv'),
  ]);
});

afterAll(async () => {
  await engine.close();
  await server.stop();
});

const marks = [
  ['the 24 bits of a chunk header, 4.7 hours', 2 ** 24],
  ['31 bits, 24.9 days', 2 ** 31],
  ['the 32 bits of the protocol, 49.7 days', 2 ** 32],
] as const;

describe('a destination', () => {
  it.each(marks)('gets every frame in its place past %s', async (_name, markMs) => {
    const key = `sent${markMs}`;
    const tags = await readTags(material);
    const second = tags.findIndex((tag) => isKey(tag) && tag.timestampMs > BEGINNING_MS);
    const skipMs = markMs - BEFORE_MARK_MS - BEGINNING_MS;
    const late = tags.slice(second).map((tag) => ({ ...tag, timestampMs: tag.timestampMs + skipMs }));
    const session = publisherTo(server.url('rec', key));
    await session.open(neverAborted);
    await writeAll(session, tags.slice(0, second));
    const player = await startPlayer(key);
    await writeAll(session, late);
    await session.close(2000);
    const times = (await player.times()).map((time) => behind(markMs, time));
    expect(times[0]).toBeLessThan(0);
    expect(times.at(-1)).toBeGreaterThan(0);
    expect(stepsMs(times)).toEqual(times.slice(1).map(() => FRAME_MS));
    // nginx records 0 for every time past 31 bits, but it records every frame.
    const [sent, received] = [await packets(material), await packets(server.recordings(key)[0] ?? '')];
    for (const track of ['video', 'audio'] as const) {
      expect(received[track].map(({ md5 }) => md5)).toEqual(sent[track].map(({ md5 }) => md5));
    }
  });
});

describe('a publisher', () => {
  // ffmpeg counts in 31 bits and begins anew behind them.
  it.concurrent.each(marks.slice(0, 2))('is passed on without a hole past %s', async (_name, markMs) => {
    const key = `pushed${markMs}`;
    const id = await engine.goLive({
      input: { type: 'ingest', key },
      processing: [{ type: 'copy' }],
      output: [{ type: 'rtmp', url: server.url('rec', key) }],
    });
    const offsetSeconds = (markMs - BEFORE_MARK_MS) / 1000;
    const publisher = await publishFile(`${engine.ingestUrl}/${key}`, 'ok.flv', offsetSeconds);
    const sentFrames = (): number => engine.health(id).outputs[0]?.framesSent ?? 0;
    await waitFor(() => sentFrames() > FRAMES_PAST_MARK, {
      what: 'the mark to be passed',
      timeoutMs: 20_000,
    });
    expect(engine.health(id)).toMatchObject({ state: 'live', slateSeconds: 0, encoderRestarts: 0 });
    await engine.streams.stop(id);
    await publisher.stop();
    const [sent, received] = [await packets(material), await packets(server.recordings(key)[0] ?? '')];
    // Key frames get their parameter sets on the way: they are counted by the steps between the pictures.
    const others = received.video.filter((picture) => !picture.isKey);
    for (const [reference, got] of [
      [sent.video.filter((picture) => !picture.isKey), others],
      [sent.audio, received.audio],
    ] as const) {
      expect(compare(reference, got)).toMatchObject({ missingInside: 0, extra: 0 });
    }
    expect(continuity(received.video).biggestGapMs).toBeLessThanOrEqual(FRAME_MS + 2);
    expect(continuity(received.audio).backwards).toBe(0);
    expect(avChangesMs(sent, received)).toBeLessThanOrEqual(40);
  });
});

function isKey(tag: MediaTag): boolean {
  return tag.kind === 'video' && tag.frame === 'key';
}

/** Somebody who watches at the server from here on. */
async function startPlayer(key: string): Promise<{ times(): Promise<number[]> }> {
  const show = ['-show_entries', 'packet=stream_index,dts', '-of', 'csv=p=0'];
  const args = ['-v', 'error', ...show, '-read_intervals', `%+#${PACKETS_SEEN}`, server.url('rec', key)];
  const player = await startPeer({ command: 'ffprobe', args });
  const isWatching = async (): Promise<boolean> =>
    (await server.stat()).some(({ name, clients }) => name === key && clients > 1);
  await waitFor(isWatching, { what: 'the player to be let in' });
  return {
    async times() {
      await within(player.exited, { what: 'the player to have seen enough' });
      const lines = [...player.output().matchAll(/^0,(?<dts>-?\d+)/gm)];
      return lines.map((line) => Number(line.groups?.dts));
    },
  };
}

/** How long after the mark a time is, whatever the bits of the clock make of it; before it: less than 0. */
function behind(markMs: number, timeMs: number): number {
  const half = CLOCK_MS / 2;
  return ((((timeMs - markMs + half) % CLOCK_MS) + CLOCK_MS) % CLOCK_MS) - half;
}

/** From each picture to the next. */
function stepsMs(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}
