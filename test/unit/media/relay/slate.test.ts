import { beforeEach, describe, expect, it } from 'vitest';
import { nullLogger } from '../../../../main/lib/logger.ts';
import { silentAacTag } from '../../../../main/media/flv/aac.ts';
import { ProgramClock } from '../../../../main/media/relay/programClock.ts';
import { Relay, type RelayEvents } from '../../../../main/media/relay/relay.ts';
import { createFakeClock, type FakeClock } from '../../../helpers/fakeClock.ts';
import {
  audioHeader,
  isStrictlyIncreasing,
  LiveSource,
  largestGapMs,
  neverGoesBack,
  picture,
  RecordingSink,
  slateClip,
  sound,
  videoHeader,
} from './sampleTags.ts';

const SLATE_BYTES = 64;
const silence = silentAacTag(2, 0).payload;

let clock: FakeClock;
let relay: Relay;
let sink: RecordingSink;
let changes: RelayEvents['onAirChanged'][];

beforeEach(() => {
  clock = createFakeClock();
  relay = new Relay({ clock, program: new ProgramClock(clock), logger: nullLogger });
  sink = new RecordingSink();
  relay.subscribe(sink);
  changes = [];
  relay.events.on('onAirChanged', (change) => changes.push(change));
});

/** Slate frames are told by their size; in key frames the parameter sets come on top. */
function isSlate(tag: { payload: Buffer }): boolean {
  return tag.payload.length >= SLATE_BYTES;
}

function expectSeamless(): void {
  expect(isStrictlyIncreasing(sink.pictures)).toBe(true);
  expect(neverGoesBack(sink.sounds)).toBe(true);
  expect(largestGapMs(sink.pictures)).toBeLessThanOrEqual(80);
  expect(largestGapMs(sink.sounds)).toBeLessThanOrEqual(65);
  expect(smallestStepMs(sink.sounds)).toBeGreaterThanOrEqual(10);
}

function smallestStepMs(tags: readonly { timestampMs: number }[]): number {
  return Math.min(...tags.slice(1).map((tag, index) => tag.timestampMs - (tags[index]?.timestampMs ?? 0)));
}

describe('when a source with sound of another kind comes back', () => {
  it('silence in the former kind ends with the slate: the sound changes once', async () => {
    relay.setSlateClip(slateClip());
    const former = relay.attachSource('first');
    await new LiveSource(clock, former).run(3000);
    former.end();
    await clock.advance(3000);
    const next = relay.attachSource('second');
    for (const tag of [videoHeader(), audioHeader(44_100), picture('key', 0), sound(5), picture('inter', 40)])
      next.push(tag);
    for (let ms = 80; ms < 400; ms += 40) {
      await clock.advance(40);
      next.push(picture('inter', ms));
      next.push(sound(ms + 5));
    }
    expect(sink.outline.filter((name) => name === 'audio header')).toHaveLength(2);
    expect(neverGoesBack(sink.sounds)).toBe(true);
  });
});

describe('when the source ends', () => {
  it('the slate is on air within 2 s, and the gap is closed at once', async () => {
    relay.setSlateClip(slateClip());
    const handle = relay.attachSource('file');
    await new LiveSource(clock, handle).run(3000);
    handle.end();
    await clock.advance(1100);
    expect(relay.onAir).toBe('slate');
    expect(changes.at(-1)).toEqual({ from: 'source', to: 'slate', reason: 'ended', source: 'file' });
    expect(sink.pictures.at(-1)?.timestampMs).toBeGreaterThan(4000);
    expectSeamless();
  });

  it('the slate goes on in real time, with silence in the format of the sound before', async () => {
    relay.setSlateClip(slateClip());
    const handle = relay.attachSource('file');
    await new LiveSource(clock, handle).run(3000);
    handle.end();
    await clock.advance(60_000);
    expectSeamless();
    expect(Math.abs((sink.pictures.at(-1)?.timestampMs ?? 0) - 63_000)).toBeLessThanOrEqual(80);
    expect(Math.abs((sink.sounds.at(-1)?.timestampMs ?? 0) - 63_000)).toBeLessThanOrEqual(80);
    expect(sink.sounds.at(-1)?.payload).toBe(silence);
    expect(sink.outline.filter((part) => part === 'audio header')).toHaveLength(1);
    expect(Math.round(relay.stats().slateMs / 1000)).toBe(59);
  });

  it('the slate comes with its own header, and the source with its own again', async () => {
    relay.setSlateClip(slateClip());
    const first = relay.attachSource('a');
    await new LiveSource(clock, first).run(1000);
    first.end();
    await clock.advance(2000);
    await new LiveSource(clock, relay.attachSource('b')).run(1000);
    const headers = sink.tags.filter((tag) => tag.kind === 'video' && tag.frame === 'header');
    expect(headers.map((tag) => tag.payload)).toEqual([
      videoHeader(0).payload,
      videoHeader(9).payload,
      videoHeader(0).payload,
    ]);
    for (const [index, part] of sink.outline.entries()) {
      if (part === 'video header' && index > 3) expect(sink.outline[index + 1]).toBe('key');
    }
  });

  it('a new source is cut in on its key frame right behind the slate', async () => {
    relay.setSlateClip(slateClip());
    const first = relay.attachSource('a');
    await new LiveSource(clock, first).run(1000);
    first.end();
    await clock.advance(5000);
    await new LiveSource(clock, relay.attachSource('b'), { startMs: 777_000 }).run(3000);
    expect(relay.onAir).toBe('source');
    expect(changes.map((change) => change.reason)).toEqual(['started', 'ended', 'returned']);
    expectSeamless();
    expect(relay.stats().avOffsetMs).toBe(0);
    expect(Math.abs((sink.pictures.at(-1)?.timestampMs ?? 0) - 8960)).toBeLessThanOrEqual(80);
  });

  it('silence lasts until the sound of a new source begins, also when that is later than its picture', async () => {
    relay.setSlateClip(slateClip());
    const first = relay.attachSource('a');
    await new LiveSource(clock, first).run(1000);
    first.end();
    await clock.advance(3000);
    const next = relay.attachSource('b');
    for (const tag of [videoHeader(1), audioHeader(), picture('key', 0, { compositionMs: 160 })])
      next.push(tag);
    next.push(sound(160));
    expect(sink.sounds.at(-1)?.payload).not.toBe(silence);
    expect(largestGapMs(sink.sounds)).toBeLessThanOrEqual(45);
  });

  it('a new source that comes before the slate is due goes on with no slate between', async () => {
    relay.setSlateClip(slateClip());
    const first = relay.attachSource('a');
    await new LiveSource(clock, first).run(1000);
    first.end();
    await clock.advance(700);
    await new LiveSource(clock, relay.attachSource('b')).run(1000);
    expect(sink.pictures.some(isSlate)).toBe(false);
    expect(largestGapMs(sink.pictures)).toBe(740);
  });

  it('without a clip nothing is sent, and a clip that comes later is shown at once', async () => {
    const handle = relay.attachSource('a');
    await new LiveSource(clock, handle).run(1000);
    handle.end();
    await clock.advance(3000);
    expect(relay.onAir).toBe('none');
    expect(sink.pictures).toHaveLength(25);
    relay.setSlateClip(slateClip());
    await clock.advance(100);
    expect(relay.onAir).toBe('slate');
    expectSeamless();
  });
});

describe('when the source is silent but still there', () => {
  it('a frozen one comes back on a key frame, sound and picture together', async () => {
    relay.setSlateClip(slateClip());
    const source = new LiveSource(clock, relay.attachSource('ingest'), { gopFrames: 50 });
    await source.run(3400);
    await source.freeze(10_000);
    expect(relay.onAir).toBe('slate');
    const slateEnd = sink.pictures.length;
    await source.run(4000);
    expect(relay.onAir).toBe('source');
    const back = sink.pictures.slice(slateEnd).find((tag) => !isSlate(tag));
    expect(back?.frame).toBe('key');
    expectSeamless();
    expect(relay.stats().avOffsetMs).toBe(0);
  });

  it('one that delivers late and all at once leaves no gap: the slate goes up to its picture', async () => {
    relay.setSlateClip(slateClip());
    const handle = relay.attachSource('ingest');
    const source = new LiveSource(clock, handle, { gopFrames: 50 });
    await source.run(3400);
    await source.freeze(4000);
    for (let at = 3400; at < 7400; at += 20) {
      handle.push(sound(at));
      if (at % 40 === 0) handle.push(picture(at % 2000 === 0 ? 'key' : 'inter', at));
    }
    expect(relay.stats()).toMatchObject({ onAir: 'source', avOffsetMs: 0 });
    expectSeamless();
  });

  it('comes back behind every picture of the slate that is still to be shown', async () => {
    for (const lateMs of [100, 140, 180, 220, 260]) {
      const own = new Relay({ clock, program: new ProgramClock(clock), logger: nullLogger });
      const received = new RecordingSink();
      own.subscribe(received);
      own.setSlateClip(slateClip({ isReordered: true }));
      const handle = own.attachSource('ingest');
      const source = new LiveSource(clock, handle, { gopFrames: 50 });
      await source.run(1000);
      await source.freeze(4000);
      handle.push(sound(1000));
      handle.push(picture('key', 1000 + lateMs));
      const key = received.pictures.at(-1);
      const shownBefore = received.pictures.slice(0, -1).map((tag) => tag.timestampMs + tag.compositionMs);
      expect(key?.timestampMs).toBeGreaterThan(Math.max(...shownBefore));
      own.close();
    }
  });

  it('one whose clock went on is put back where it belongs', async () => {
    relay.setSlateClip(slateClip());
    const source = new LiveSource(clock, relay.attachSource('ingest'), { gopFrames: 10 });
    await source.run(3400);
    await source.loseConnection(30_000);
    await source.run(2000);
    expectSeamless();
    expect(relay.stats()).toMatchObject({ onAir: 'source', avOffsetMs: 0, clockJumps: 0 });
    expect(sink.pictures.at(-1)?.timestampMs).toBe(35_360);
  });

  it('is reported once per silence', async () => {
    const stalls: RelayEvents['sourceStalled'][] = [];
    relay.events.on('sourceStalled', (stall) => stalls.push(stall));
    relay.setSlateClip(slateClip());
    const source = new LiveSource(clock, relay.attachSource('ingest'), { gopFrames: 10 });
    await source.run(2000);
    await source.freeze(5000);
    await source.run(2000);
    await source.freeze(5000);
    relay.setSlateClip(null);
    await source.run(2000);
    await source.freeze(5000);
    expect(stalls).toHaveLength(3);
    expect(stalls[0]).toMatchObject({ source: 'ingest', hasEnded: false });
  });

  it('one that sends a picture a second is not silent between them', async () => {
    relay.setSlateClip(slateClip());
    const source = new LiveSource(clock, relay.attachSource('slides'), { fps: 0.95, gopFrames: 5 });
    await source.run(20_000);
    expect(sink.pictures.some(isSlate)).toBe(false);
    expect(changes).toHaveLength(1);
  });

  it('takes the time that was asked for', async () => {
    const patient = new Relay({
      clock,
      program: new ProgramClock(clock),
      logger: nullLogger,
      slateAfterMs: 5000,
    });
    patient.setSlateClip(slateClip());
    const source = new LiveSource(clock, patient.attachSource('a'));
    await source.run(1000);
    await source.freeze(4900);
    expect(patient.onAir).toBe('source');
    await source.freeze(200);
    expect(patient.onAir).toBe('slate');
  });
});

describe('when only the picture stops', () => {
  it('the sound goes on untouched under the slate, and the picture comes back in step', async () => {
    relay.setSlateClip(slateClip());
    const source = new LiveSource(clock, relay.attachSource('camera'), { gopFrames: 25 });
    await source.run(3000);
    source.isVideoMuted = true;
    await source.run(10_000);
    expect(relay.onAir).toBe('slate');
    expect(sink.sounds.every((tag) => tag.payload !== silence)).toBe(true);
    source.isVideoMuted = false;
    await source.run(3000);
    expect(relay.onAir).toBe('source');
    expectSeamless();
    expect(largestGapMs(sink.sounds)).toBeLessThanOrEqual(62);
    expect(relay.stats().avOffsetMs).toBe(0);
  });

  it('a picture that comes back a little late moves the sound with it', async () => {
    relay.setSlateClip(slateClip());
    const handle = relay.attachSource('camera');
    for (const tag of [videoHeader(), audioHeader(), picture('key', 0)]) handle.push(tag);
    for (let at = 0; at <= 4000; at += 20) {
      handle.push(sound(at));
      if (at > 3200 && at % 40 === 0) handle.push(picture(at === 3240 ? 'key' : 'inter', at - 160));
      await clock.advance(20);
    }
    expect(relay.stats()).toMatchObject({ onAir: 'source', avOffsetMs: 0 });
    expect(smallestStepMs(sink.pictures)).toBeGreaterThanOrEqual(33);
    expect(neverGoesBack(sink.sounds)).toBe(true);
  });

  it('the slate never runs ahead of the sound', async () => {
    relay.setSlateClip(slateClip());
    const source = new LiveSource(clock, relay.attachSource('camera'));
    await source.run(3000);
    source.isVideoMuted = true;
    await source.run(5000);
    const [lastPicture, lastSound] = [sink.pictures.at(-1), sink.sounds.at(-1)];
    expect(lastPicture?.timestampMs).toBeLessThanOrEqual(lastSound?.timestampMs ?? 0);
    expect(lastPicture?.timestampMs).toBeGreaterThan((lastSound?.timestampMs ?? 0) - 120);
  });
});

describe('when only the sound stops', () => {
  it('silence takes its place, and the sound comes back without a step', async () => {
    const source = new LiveSource(clock, relay.attachSource('camera'));
    await source.run(3000);
    source.isAudioMuted = true;
    await source.run(5000);
    expect(relay.onAir).toBe('source');
    expect(sink.sounds.at(-1)?.payload).toBe(silence);
    expect(relay.stats().avOffsetMs).toBeNull();
    source.isAudioMuted = false;
    source.jump(-15);
    await source.run(2000);
    expect(sink.sounds.at(-1)?.payload).not.toBe(silence);
    expectSeamless();
    expect(relay.stats().avOffsetMs).toBe(0);
  });

  it('comes back without an overlap, however its frames lie against the silence', async () => {
    const source = new LiveSource(clock, relay.attachSource('camera'));
    await source.run(1000);
    for (const stepMs of [-3, -7, -11, -15, -19]) {
      source.isAudioMuted = true;
      await source.run(2010);
      source.jump(stepMs);
      source.isAudioMuted = false;
      await source.run(500);
    }
    expect(smallestStepMs(sink.sounds)).toBeGreaterThanOrEqual(10);
    expect(largestGapMs(sink.sounds)).toBeLessThanOrEqual(45);
  });

  it('is dropped as far as it overlaps the silence, when it comes behind its picture', async () => {
    const handle = relay.attachSource('camera');
    for (const tag of [videoHeader(), audioHeader()]) handle.push(tag);
    for (let at = 0; at < 5000; at += 20) {
      if (at % 40 === 0) handle.push(picture(at === 0 ? 'key' : 'inter', at));
      if (at < 1000 || at >= 3000) handle.push(sound(Math.max(0, at - 100)));
      await clock.advance(20);
    }
    expect(sink.sounds.some((tag) => tag.payload === silence)).toBe(true);
    expect(smallestStepMs(sink.sounds.slice(6))).toBeGreaterThanOrEqual(10);
    expect(relay.stats().avOffsetMs).toBe(0);
  });

  it('a source that never had sound gets none', async () => {
    const source = new LiveSource(clock, relay.attachSource('camera'), { hasAudio: false });
    await source.run(5000);
    expect(sink.sounds).toEqual([]);
    expect(sink.pictures).toHaveLength(125);
  });
});

describe('a source without a picture', () => {
  it('is heard under the slate, and is no failure', async () => {
    relay.setSlateClip(slateClip());
    const source = new LiveSource(clock, relay.attachSource('radio'), { hasVideo: false, startMs: 5000 });
    await source.run(6000);
    expect(relay.onAir).toBe('source');
    expect(sink.pictures.every(isSlate)).toBe(true);
    expect(sink.pictures.length).toBeGreaterThan(90);
    expect(sink.sounds.every((tag) => tag.payload !== silence)).toBe(true);
    expectSeamless();
  });
});

describe('sound that comes back before the picture', () => {
  it('is the source again, when there is no slate', async () => {
    const source = new LiveSource(clock, relay.attachSource('camera'));
    await source.run(2000);
    await source.freeze(3000);
    expect(relay.onAir).toBe('none');
    source.isVideoMuted = true;
    await source.run(500);
    expect(relay.onAir).toBe('source');
  });

  it('is still the slate to the audience, unless the source never had a picture', async () => {
    relay.setSlateClip(slateClip());
    const camera = new LiveSource(clock, relay.attachSource('camera'));
    await camera.run(2000);
    await camera.freeze(3000);
    camera.isVideoMuted = true;
    await camera.run(500);
    expect(relay.onAir).toBe('slate');
    const radio = new LiveSource(clock, relay.attachSource('radio'), { hasVideo: false });
    await radio.run(3000);
    await radio.freeze(3000);
    expect(relay.onAir).toBe('slate');
    await radio.run(500);
    expect(relay.onAir).toBe('source');
    expectSeamless();
  });
});

describe('before any source', () => {
  it('one that is only slow to start is waited for, so that no slate flashes up before it', async () => {
    relay.setSlateClip(slateClip());
    const source = new LiveSource(clock, relay.attachSource('slow'));
    await clock.advance(3500);
    await source.run(1000);
    expect(changes.map(({ to }) => to)).toEqual(['source']);
  });

  it('the slate begins when none has come in time, with sound; the source then takes over', async () => {
    relay.setSlateClip(slateClip());
    await clock.advance(1900);
    expect(relay.onAir).toBe('none');
    await clock.advance(1100);
    expect(relay.onAir).toBe('slate');
    expect(sink.outline.slice(0, 3)).toEqual(['video header', 'audio header', 'key']);
    expect(sink.pictures[0]?.timestampMs).toBe(0);
    expect(sink.sounds.length).toBeGreaterThan(30);
    await new LiveSource(clock, relay.attachSource('late')).run(2000);
    expect(changes.map(({ to, reason }) => [to, reason])).toEqual([
      ['slate', 'missing'],
      ['source', 'started'],
    ]);
    expectSeamless();
  });
});

describe('time', () => {
  it('that a source delivered ahead is given back slowly, without a pause', async () => {
    relay.setSlateClip(slateClip());
    const handle = relay.attachSource('burst');
    for (const tag of [videoHeader(), audioHeader()]) handle.push(tag);
    for (let at = 0; at < 4000; at += 40) {
      handle.push(picture(at === 0 ? 'key' : 'inter', at));
      handle.push(sound(at));
    }
    handle.end();
    await clock.advance(1200);
    expect(relay.onAir).toBe('slate');
    const atStart = sink.pictures.length;
    await clock.advance(1000);
    expect(sink.pictures.length - atStart).toBeGreaterThanOrEqual(21);
    await clock.advance(60_000);
    expect(Math.abs((sink.pictures.at(-1)?.timestampMs ?? 0) - 62_200)).toBeLessThanOrEqual(80);
    expectSeamless();
  });

  it.each(['source', 'slate'])(
    'that the machine slept through while the %s was on is left out',
    async (onAir) => {
      let sleptMs = 0;
      const sleeper = { ...clock, monotonicMs: () => clock.monotonicMs() + sleptMs };
      const sleepy = new Relay({ clock: sleeper, program: new ProgramClock(sleeper), logger: nullLogger });
      sleepy.subscribe(sink);
      sleepy.setSlateClip(slateClip());
      const handle = sleepy.attachSource('a');
      await new LiveSource(clock, handle).run(1000);
      if (onAir === 'slate') {
        handle.end();
        await clock.advance(2000);
      }
      const before = sink.pictures.length;
      sleptMs = 3_600_000;
      await clock.advance(1000);
      expect(sleepy.onAir).toBe('slate');
      expect(sink.pictures.length - before).toBeLessThan(30);
      expect(sink.sounds.length).toBeLessThan(250);
      expect(sink.pictures.at(-1)?.timestampMs).toBeGreaterThan(3_600_000);
      expect(isStrictlyIncreasing(sink.pictures)).toBe(true);
      expect(neverGoesBack(sink.sounds)).toBe(true);
    },
  );
});

describe('a slate clip', () => {
  it('that does not begin with a key frame is refused', () => {
    const clip = slateClip();
    expect(() => relay.setSlateClip({ ...clip, frames: clip.frames.slice(1) })).toThrow(RangeError);
  });

  it('can be changed while it is shown', async () => {
    relay.setSlateClip(slateClip());
    const handle = relay.attachSource('a');
    await new LiveSource(clock, handle).run(1000);
    handle.end();
    await clock.advance(1500);
    const before = sink.tags.length;
    relay.setSlateClip({ ...slateClip({ durationMs: 1000 }), videoHeader: videoHeader(5) });
    await clock.advance(3000);
    expect(sink.outline.slice(before).filter((part) => part === 'video header')).toHaveLength(1);
    expectSeamless();
    expect(Math.round(relay.stats().slateMs / 100)).toBe(35);
  });
});
