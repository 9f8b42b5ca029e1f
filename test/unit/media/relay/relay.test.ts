import { beforeEach, describe, expect, it } from 'vitest';
import { nullLogger } from '../../../../main/lib/logger.ts';
import { parseAvcHeaderTag } from '../../../../main/media/flv/avc.ts';
import type { MediaTag } from '../../../../main/media/flv/mediaTag.ts';
import { ProgramClock } from '../../../../main/media/relay/programClock.ts';
import { Relay } from '../../../../main/media/relay/relay.ts';
import type { TagSource } from '../../../../main/media/relay/tagSink.ts';
import { createFakeClock, type FakeClock } from '../../../helpers/fakeClock.ts';
import {
  audioHeader,
  isStrictlyIncreasing,
  LiveSource,
  largestGapMs,
  metadata,
  neverGoesBack,
  picture,
  RecordingSink,
  runTogether,
  sound,
  videoHeader,
} from './sampleTags.ts';

const FRAME_MS = 40;

let clock: FakeClock;
let program: ProgramClock;
let relay: Relay;
let sink: RecordingSink;

beforeEach(() => {
  clock = createFakeClock();
  program = new ProgramClock(clock);
  relay = new Relay({ clock, program, logger: nullLogger });
  sink = new RecordingSink();
  relay.subscribe(sink);
});

describe('a first source', () => {
  it('goes on air with headers and its first key frame, at 0', () => {
    const source = relay.attachSource('a');
    for (const tag of [metadata(), videoHeader(), audioHeader()]) source.push(tag);
    for (const tag of [picture('inter', 5000), sound(5001), picture('key', 5040), sound(5044)])
      source.push(tag);
    expect(sink.outline).toEqual(['metadata', 'video header', 'audio header', 'key', 'sound']);
    expect(sink.tags.map((tag) => tag.timestampMs)).toEqual([0, 0, 0, 0, 4]);
    expect(relay.onAir).toBe('source');
  });

  it('shows nothing while it has no header', () => {
    const source = relay.attachSource('a');
    for (const tag of [picture('key', 0), picture('inter', 40)]) source.push(tag);
    expect(sink.tags).toEqual([]);
    expect(relay.onAir).toBe('none');
  });

  it('keeps its sound and picture exactly as far apart as they were', async () => {
    const source = new LiveSource(clock, relay.attachSource('a'), { startMs: 90_000_000 });
    await source.run(3000);
    const [firstPicture, firstSound] = [sink.pictures[0], sink.sounds[0]];
    expect(firstPicture?.timestampMs).toBe(0);
    expect(firstSound?.timestampMs).toBe(0);
    expect(sink.pictures.at(-1)?.timestampMs).toBe(2960);
    expect(relay.stats().avOffsetMs).toBe(0);
  });

  it('puts its parameter sets into every key frame, once', async () => {
    const source = new LiveSource(clock, relay.attachSource('a'));
    const second = new RecordingSink();
    relay.subscribe(second);
    await source.run(2500);
    const keys = sink.pictures.filter((tag) => tag.frame === 'key');
    const sps = parseAvcHeaderTag(videoHeader()).sequenceParameterSets[0] as Buffer;
    expect(keys.map((tag) => tag.payload.includes(sps))).toEqual([true, true]);
    expect(second.pictures.find((tag) => tag.frame === 'key')?.payload).toBe(keys[0]?.payload);
  });
});

describe('sinks', () => {
  it('that come later start with metadata, headers and the cached group of pictures', async () => {
    const source = new LiveSource(clock, relay.attachSource('a'));
    await source.run(3000);
    const late = new RecordingSink();
    relay.subscribe(late);
    expect(late.outline.slice(0, 4)).toEqual(['metadata', 'video header', 'audio header', 'key']);
    expect(late.pictures[0]?.timestampMs).toBe(2000);
    expect(late.pictures).toHaveLength(25);
    await source.run(40);
    expect(late.pictures.at(-1)?.timestampMs).toBe(3000);
    expect(isStrictlyIncreasing(late.pictures)).toBe(true);
  });

  it('wait for a key frame when the group has outgrown the cache', async () => {
    const limited = new Relay({
      clock,
      program,
      logger: nullLogger,
      gopCache: { maxBytes: 1_000_000, maxMs: 1000 },
    });
    const source = new LiveSource(clock, limited.attachSource('a'), { gopFrames: 50 });
    await source.run(1500);
    const late = new RecordingSink();
    limited.subscribe(late);
    expect(late.tags).toEqual([]);
    await source.run(700);
    expect(late.outline.slice(0, 4)).toEqual(['metadata', 'video header', 'audio header', 'key']);
  });

  it('wait too when it is too much to send at once', async () => {
    const limited = new Relay({
      clock,
      program,
      logger: nullLogger,
      gopCache: { maxBytes: 300, maxMs: 9000 },
    });
    await new LiveSource(clock, limited.attachSource('a')).run(1500);
    const late = new RecordingSink();
    limited.subscribe(late);
    expect(late.tags).toEqual([]);
  });

  it('share one payload', async () => {
    const others = [new RecordingSink(), new RecordingSink()];
    for (const other of others) relay.subscribe(other);
    const source = new LiveSource(clock, relay.attachSource('a'));
    await source.run(200);
    for (const other of others) {
      expect(other.tags.map((tag) => tag.payload)).toEqual(sink.tags.map((tag) => tag.payload));
      expect(other.tags.every((tag, index) => tag === sink.tags[index])).toBe(true);
    }
  });

  it('that throw are taken off and reported, the others lose nothing', async () => {
    const failures: unknown[] = [];
    relay.events.on('sinkFailed', ({ error }) => failures.push(error));
    let pushes = 0;
    relay.subscribe({
      push(tag: MediaTag) {
        pushes += 1;
        if (tag.kind === 'video' && tag.frame === 'inter') throw new Error('broken sink');
      },
    });
    const source = new LiveSource(clock, relay.attachSource('a'));
    await source.run(1000);
    expect(failures).toHaveLength(1);
    expect(pushes).toBeLessThan(10);
    expect(sink.pictures).toHaveLength(25);
    expect(relay.stats().sinks).toBe(1);
  });

  it('may leave and join while a tag is handed out', async () => {
    const joined = new RecordingSink();
    const subscription = relay.subscribe({
      push(tag: MediaTag) {
        if (tag.kind !== 'video' || tag.frame !== 'inter') return;
        subscription.unsubscribe();
        relay.subscribe(joined);
      },
    });
    const source = new LiveSource(clock, relay.attachSource('a'));
    await source.run(400);
    expect(joined.pictures.map((tag) => tag.timestampMs)).toEqual(
      sink.pictures.map((tag) => tag.timestampMs),
    );
  });
});

describe('a planned change of source', () => {
  async function changeOver(): Promise<{ replaced: string[]; spliced: string[] }> {
    const replaced: string[] = [];
    const spliced: string[] = [];
    const oldHandle = relay.attachSource('old', { onReplaced: () => replaced.push('old') });
    const old = new LiveSource(clock, oldHandle, { startMs: 700 });
    await old.run(3000);
    const newHandle = relay.attachSource('new', { onSpliced: () => spliced.push('new') });
    const next = new LiveSource(clock, newHandle, { headerVariant: 1 });
    await runTogether(clock, 2000, old, next);
    return { replaced, spliced };
  }

  it('loses no frame and leaves no gap', async () => {
    await changeOver();
    expect(isStrictlyIncreasing(sink.pictures)).toBe(true);
    expect(largestGapMs(sink.pictures)).toBeLessThanOrEqual(1.5 * FRAME_MS);
    expect(neverGoesBack(sink.sounds)).toBe(true);
    expect(largestGapMs(sink.sounds)).toBeLessThanOrEqual(2 * 22);
    expect(sink.pictures).toHaveLength(76 + 50);
  });

  it('sends the new header right before the key frame and tells the old source', async () => {
    const { replaced, spliced } = await changeOver();
    const headers = sink.outline.flatMap((part, index) => (part === 'video header' ? [index] : []));
    expect(headers).toHaveLength(2);
    expect(sink.outline[(headers[1] ?? 0) + 1]).toBe('key');
    expect(replaced).toEqual(['old']);
    expect(spliced).toEqual(['new']);
  });

  it('ignores what the old source still sends', async () => {
    await changeOver();
    const afterCut = sink.pictures.slice(76);
    expect(
      afterCut.every((tag, index) => tag.timestampMs === (afterCut[0]?.timestampMs ?? 0) + index * 40),
    ).toBe(true);
  });

  it('lets the old sound be heard until the new one begins, which is later with reordered frames', async () => {
    const replaced: string[] = [];
    const oldHandle = relay.attachSource('old', { onReplaced: () => replaced.push('old') });
    const old = new LiveSource(clock, oldHandle);
    await old.run(1000);
    const next = relay.attachSource('new');
    const at = (milliseconds: number): number => milliseconds + 80;
    for (const tag of [videoHeader(1), audioHeader(), picture('key', 0, { compositionMs: 80 })])
      next.push(tag);
    await runTogether(clock, 40, old);
    next.push(picture('inter', 40, { compositionMs: 80 }));
    await runTogether(clock, 40, old);
    expect(relay.stats().source).toBe('new');
    expect(replaced).toEqual([]);
    for (let sent = 0; sent < 300; sent += 20) {
      next.push(sound(at(sent)));
      await runTogether(clock, 20, old);
    }
    expect(replaced).toEqual(['old']);
    expect(sink.sounds.at(-1)?.timestampMs).toBe(1000 + at(280));
    expect(largestGapMs(sink.sounds)).toBeLessThanOrEqual(36);
    expect(isStrictlyIncreasing(sink.sounds)).toBe(true);
  });

  it('does not mix the sounds of two sources that differ in format', async () => {
    const old = new LiveSource(clock, relay.attachSource('old'));
    await old.run(1000);
    const next = relay.attachSource('new');
    for (const tag of [videoHeader(1), audioHeader(44_100), picture('key', 0)]) next.push(tag);
    await runTogether(clock, 200, old);
    const lastHeader = sink.tags.findLastIndex((tag) => tag.kind === 'audio' && tag.frame === 'header');
    expect(sink.tags[lastHeader]?.payload).toEqual(audioHeader(44_100).payload);
    expect(sink.tags.slice(lastHeader).filter((tag) => tag.kind === 'audio')).toHaveLength(1);
  });

  it('tells every source that was replaced, also when changes follow one another at once', async () => {
    const replaced: string[] = [];
    const attach = (label: string): TagSource =>
      relay.attachSource(label, { onReplaced: () => replaced.push(label) });
    const first = new LiveSource(clock, attach('first'));
    await first.run(1000);
    // The second one has announced sound and not sent any when the third takes over.
    const second = attach('second');
    for (const tag of [videoHeader(1), audioHeader(), picture('key', 0)]) second.push(tag);
    await runTogether(clock, 45, first);
    expect(relay.stats().source).toBe('second');
    const third = new LiveSource(clock, attach('third'));
    second.push(picture('inter', 40));
    await runTogether(clock, 500, first, third);
    expect(relay.stats().source).toBe('third');
    expect(replaced).toEqual(['first', 'second']);
  });

  it('waits no longer than it must for the old sound', async () => {
    const replaced: string[] = [];
    const oldHandle = relay.attachSource('old', { onReplaced: () => replaced.push('old') });
    await new LiveSource(clock, oldHandle).run(1000);
    const next = relay.attachSource('new');
    for (const tag of [videoHeader(1), audioHeader(), picture('key', 0)]) next.push(tag);
    oldHandle.push(picture('inter', 1000));
    next.push(sound(300));
    expect(sink.sounds.at(-1)?.timestampMs).toBeLessThan(1000);
    await clock.advance(450);
    expect(sink.sounds.at(-1)?.timestampMs).toBe(1300);
    expect(replaced).toEqual(['old']);
  });

  it('closes a gap in the sound with what the new source had before its key frame', () => {
    const old = relay.attachSource('old');
    for (const tag of [videoHeader(), audioHeader()]) old.push(tag);
    for (let at = 0; at <= 1000; at += 20) {
      if (at % 40 === 0) old.push(picture(at === 0 ? 'key' : 'inter', at));
      if (at <= 900) old.push(sound(at));
    }
    const next = relay.attachSource('new');
    for (const tag of [videoHeader(1), audioHeader()]) next.push(tag);
    for (let at = 0; at <= 200; at += 20) next.push(sound(at));
    next.push(picture('key', 200));
    old.push(picture('inter', 1040));
    next.push(sound(220));
    expect(sink.pictures.at(-1)?.timestampMs).toBe(1040);
    expect(sink.sounds.at(-1)?.timestampMs).toBe(1060);
    expect(largestGapMs(sink.sounds)).toBeLessThanOrEqual(30);
  });

  it('waits until no reordered frame of the old source is outstanding', () => {
    const old = relay.attachSource('old');
    old.push(videoHeader());
    // Decoding order I P B B P B B at 25 fps: presentation 40, 160, 80, 120, 280, 200, 240.
    const decoded = [40, 120, 0, 0, 120, 0, 0].map((compositionMs, index) =>
      picture(index === 0 ? 'key' : 'inter', index * 40, { compositionMs }),
    );
    for (const tag of decoded.slice(0, 5)) old.push(tag);
    const next = relay.attachSource('new');
    next.push(videoHeader(1));
    next.push(picture('key', 0, { compositionMs: 40 }));
    expect(relay.stats().source).toBe('old');
    for (const tag of decoded.slice(5)) old.push(tag);
    expect(relay.stats().source).toBe('old');
    old.push(picture('inter', 280, { compositionMs: 120 }));
    expect(relay.stats().source).toBe('new');
    expect(sink.pictures.map((tag) => tag.timestampMs)).toEqual([0, 40, 80, 120, 160, 200, 240, 280]);
    const key = sink.pictures.at(-1);
    expect((key?.timestampMs ?? 0) + (key?.compositionMs ?? 0)).toBe(320);
  });

  it('with a known position joins both sources at the same moment of the content', async () => {
    const oldHandle = relay.attachSource('old');
    const old = new LiveSource(clock, oldHandle, { startMs: 10_000 });
    await old.run(1000);
    // The new one was started 300 ms ahead of where the old one is.
    const next = relay.attachSource('new', { alignMs: 11_280 });
    for (const tag of [videoHeader(1), audioHeader(), picture('key', 0), sound(0), picture('inter', 40)]) {
      next.push(tag);
    }
    expect(relay.stats().source).toBe('old');
    await old.run(281);
    expect(relay.stats().source).toBe('new');
    expect(sink.pictures.map((tag) => tag.timestampMs)).toEqual(
      Array.from({ length: 34 }, (_, index) => index * 40),
    );
  });

  it('puts the renditions of one encoder on the same timeline', () => {
    const sibling = new Relay({ clock, program, logger: nullLogger });
    const siblingSink = new RecordingSink();
    sibling.subscribe(siblingSink);
    const sources = [
      relay.attachSource('main', { group: 'enc1' }),
      sibling.attachSource('r1', { group: 'enc1' }),
    ];
    for (const source of sources) {
      source.push(videoHeader());
      source.push(picture('key', 500));
      source.push(picture('inter', 540));
      void clock.advance(20);
    }
    expect(siblingSink.pictures.map((tag) => tag.timestampMs)).toEqual(
      sink.pictures.map((tag) => tag.timestampMs),
    );
  });
});

describe('a source that was attached and never got on air', () => {
  it('is told when another one takes its place', () => {
    const replaced: string[] = [];
    relay.attachSource('first', { onReplaced: () => replaced.push('first') });
    relay.attachSource('second');
    expect(replaced).toEqual(['first']);
  });

  it('is put on air without alignment when it is too far ahead to be held', async () => {
    const old = new LiveSource(clock, relay.attachSource('old'));
    await old.run(1000);
    const next = new LiveSource(clock, relay.attachSource('new', { alignMs: 60_000 }), { headerVariant: 1 });
    await runTogether(clock, 7900, old, next);
    expect(relay.stats().source).toBe('old');
    await runTogether(clock, 300, old, next);
    expect(relay.stats().source).toBe('new');
    expect(largestGapMs(sink.pictures)).toBeLessThanOrEqual(1.5 * FRAME_MS);
  });
});

describe('a header that changes in mid-stream', () => {
  it('is passed on right before the next key frame', () => {
    const source = relay.attachSource('a');
    for (const tag of [videoHeader(0), picture('key', 0), videoHeader(1), picture('inter', 40)])
      source.push(tag);
    source.push(picture('key', 80));
    expect(sink.outline).toEqual(['video header', 'key', 'inter', 'video header', 'key']);
  });
});

describe('the clock of a source', () => {
  it.each([
    ['begins again at 0', 90_000_000, -90_000_000],
    ['wraps at 2^24 ms', 2 ** 24 - 1000, -(2 ** 24)],
    ['wraps at 2^31 ms', 2 ** 31 - 1000, -(2 ** 31)],
    ['wraps at 2^32 ms', 2 ** 32 - 1000, -(2 ** 32)],
    ['wraps at 33 bits of 90 kHz', 95_442_717, -95_443_717],
    ['jumps an hour ahead', 1000, 3_600_000],
    ['jumps 3 s ahead', 1000, 3000],
    ['steps back by 300 ms', 1000, -300],
  ])('%s: the output goes on, sound and picture stay together', async (_name, startMs, jumpMs) => {
    const source = new LiveSource(clock, relay.attachSource('a'), { startMs });
    await source.run(1000);
    source.jump(jumpMs);
    await source.run(1000);
    expect(isStrictlyIncreasing(sink.pictures)).toBe(true);
    expect(neverGoesBack(sink.sounds)).toBe(true);
    expect(largestGapMs(sink.pictures)).toBeLessThanOrEqual(80);
    expect(largestGapMs(sink.sounds)).toBeLessThanOrEqual(44);
    expect(sink.pictures).toHaveLength(50);
    expect(relay.stats().avOffsetMs).toBe(0);
    expect(relay.stats().clockJumps).toBe(1);
  });

  it('may leave a gap of up to 2 s, which is kept', async () => {
    const source = new LiveSource(clock, relay.attachSource('a'));
    await source.run(1000);
    source.jump(1500);
    await source.run(200);
    expect(largestGapMs(sink.pictures)).toBe(1540);
    expect(relay.stats().clockJumps).toBe(0);
  });

  it('that begins again after a silence leaves the time that really passed', async () => {
    const source = new LiveSource(clock, relay.attachSource('a'), { startMs: 5_000_000 });
    await source.run(1000);
    await source.freeze(5000);
    source.jump(-5_000_000);
    await source.run(1000);
    expect(largestGapMs(sink.pictures)).toBeGreaterThanOrEqual(5000);
    expect(largestGapMs(sink.pictures)).toBeLessThanOrEqual(5080);
  });

  it('that passes 2^31 and 2^32 ms without wrapping is passed on as it is', async () => {
    const source = new LiveSource(clock, relay.attachSource('a'), { startMs: 2 ** 31 - 500 });
    await source.run(1000);
    expect(largestGapMs(sink.pictures)).toBe(40);
    expect(relay.stats().clockJumps).toBe(0);
  });

  it('may put a frame out of order: it is moved, not lost, and the rest stays where it was', () => {
    const source = relay.attachSource('a');
    source.push(videoHeader());
    for (const [index, at] of [0, 40, 80, 70, 160].entries())
      source.push(picture(index === 0 ? 'key' : 'inter', at));
    expect(sink.pictures.map((tag) => tag.timestampMs)).toEqual([0, 40, 80, 81, 160]);
  });
});

describe('metadata and other script data', () => {
  it('are passed on when they change, not when they are repeated', () => {
    const source = relay.attachSource('a');
    for (const tag of [metadata(), videoHeader(), picture('key', 0), metadata(), picture('inter', 40)])
      source.push(tag);
    source.push(metadata(640));
    expect(sink.outline).toEqual(['metadata', 'video header', 'key', 'inter', 'metadata']);
    expect(relay.stats().framesIn).toBe(2);
  });

  it('that mark a moment move with the pictures', () => {
    const source = relay.attachSource('a');
    for (const tag of [videoHeader(), picture('key', 10_000)]) source.push(tag);
    source.push({ kind: 'data', timestampMs: 10_020, payload: Buffer.from([2, 0, 2, 0x6f, 0x6b]) });
    expect(sink.tags.at(-1)?.timestampMs).toBe(20);
  });
});

describe('figures', () => {
  it('give frame rate, bitrate and group length of the program', async () => {
    const source = new LiveSource(clock, relay.attachSource('a'), { gopFrames: 25 });
    await source.run(6000);
    const stats = relay.stats();
    expect(stats.fps).toBeCloseTo(25, 0);
    expect(stats.gopMs).toBe(1000);
    expect(stats.framesOut).toBe(150);
    expect(stats.bitrateKbps).toBeGreaterThan(5);
    await source.freeze(10_000);
    expect(relay.stats().fps).toBe(0);
  });
});

describe('close', () => {
  it('leaves no timer, and nothing reaches a sink any more', async () => {
    const handle = relay.attachSource('a');
    const source = new LiveSource(clock, handle);
    await source.run(200);
    const received = sink.tags.length;
    relay.close();
    handle.push(picture('key', 240));
    expect(sink.tags).toHaveLength(received);
    expect(clock.pendingTimers).toBe(0);
  });
});
