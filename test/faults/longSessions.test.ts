// Sessions that last for hours and weeks: past the marks where a time stamp outgrows its field. What takes that long is
// left out of the material: the first seconds of a session, then those around the mark.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture } from '../helpers/fixtures.ts';
import { continuity, type MediaPacket, packets } from '../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../helpers/nginxRtmp.ts';
import { neverAborted, publisherTo, readTags, writeAll } from '../helpers/rtmpPublishing.ts';
import { startTestEngine, type TestEngine } from '../helpers/testEngine.ts';
import { waitFor } from '../helpers/waitFor.ts';
import { avChangesMs, expectSame, publishFile, sharedCache } from './rig.ts';

const CLOCK_MS = 2 ** 32;
/** The first group of pictures: what comes before the time that is left out. */
const BEGINNING_MS = 2000;
/** So long before the mark the session goes on. */
const BEFORE_MARK_MS = 3000;
const MATERIAL_MS = 20_000;
const FRAME_MS = 40;
/** Five seconds of pictures, of which the last two are behind the mark. */
const FRAMES_PAST_MARK = 125;

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
    const skipMs = markMs - BEFORE_MARK_MS - BEGINNING_MS;
    const tags = (await readTags(material)).map((tag) =>
      tag.timestampMs < BEGINNING_MS ? tag : { ...tag, timestampMs: tag.timestampMs + skipMs },
    );
    const session = publisherTo(server.url('rec', key));
    await session.open(neverAborted);
    await writeAll(session, tags);
    await session.close(2000);
    const [sent, received] = [await packets(material), await packets(server.recordings(key)[0] ?? '')];
    expect(received.video.map(({ md5 }) => md5)).toEqual(sent.video.map(({ md5 }) => md5));
    expect(received.audio.map(({ md5 }) => md5)).toEqual(sent.audio.map(({ md5 }) => md5));
    for (const track of ['video', 'audio'] as const) {
      const from = sent[track].findIndex(({ dtsMs }) => dtsMs >= BEGINNING_MS);
      const late = received[track].slice(from);
      expect(
        late.some(({ dtsMs }) => dtsMs >= markMs % CLOCK_MS && dtsMs < (markMs % CLOCK_MS) + MATERIAL_MS),
      ).toBe(true);
      expect(stepsMs(late)).toEqual(stepsMs(sent[track].slice(from)));
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
    expectSame(key, sent, received);
    expect(avChangesMs(sent, received)).toBeLessThanOrEqual(40);
    expect(continuity(received.video).biggestGapMs).toBeLessThanOrEqual(FRAME_MS + 2);
  });
});

/** From each packet to the next, whichever bits the clock has lost. */
function stepsMs(track: readonly MediaPacket[]): number[] {
  return track.slice(1).map(({ dtsMs }, index) => (dtsMs - (track[index]?.dtsMs ?? 0) + CLOCK_MS) % CLOCK_MS);
}
