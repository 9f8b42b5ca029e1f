import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nullLogger } from '../../../../main/lib/logger.ts';
import type { MediaTag } from '../../../../main/media/flv/mediaTag.ts';
import { ProgramClock } from '../../../../main/media/relay/programClock.ts';
import { Relay } from '../../../../main/media/relay/relay.ts';
import type { TagSource } from '../../../../main/media/relay/tagSink.ts';
import { createFakeClock } from '../../../helpers/fakeClock.ts';
import {
  isStrictlyIncreasing,
  LiveSource,
  neverGoesBack,
  RecordingSink,
  type SourceShape,
  slateClip,
} from './sampleTags.ts';

type Step =
  | { kind: 'run' | 'freeze' | 'lose'; milliseconds: number }
  | { kind: 'jump'; offsetMs: number }
  | { kind: 'mute'; track: 'video' | 'audio' | 'neither' }
  | { kind: 'attach'; shape: SourceShape; endsOld: boolean; alignMs: number | undefined }
  | { kind: 'end' | 'subscribe' | 'clip' | 'noClip' };

const shape: fc.Arbitrary<SourceShape> = fc.record({
  fps: fc.constantFrom(10, 24, 25, 30, 50, 60),
  gopFrames: fc.integer({ min: 1, max: 100 }),
  hasAudio: fc.boolean(),
  hasVideo: fc.constantFrom(true, true, true, false),
  startMs: fc.constantFrom(0, 1, 5000, 2 ** 24 - 500, 2 ** 31 - 500, 2 ** 32 - 500, 95_443_000),
  headerVariant: fc.integer({ min: 0, max: 3 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('run' as const), milliseconds: fc.nat(3000) }) },
  fc.record({ kind: fc.constantFrom('freeze' as const, 'lose' as const), milliseconds: fc.nat(4000) }),
  fc.record({
    kind: fc.constant('jump' as const),
    offsetMs: fc.constantFrom(-(2 ** 32), -(2 ** 24), -5000, -300, -240, -30, 30, 1500, 2500, 3_600_000),
  }),
  fc.record({ kind: fc.constant('mute' as const), track: fc.constantFrom('video', 'audio', 'neither') }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('attach' as const),
      shape,
      endsOld: fc.boolean(),
      alignMs: fc.constantFrom(undefined, 0, 1000, 6000),
    }),
  },
  fc.record({
    kind: fc.constantFrom('end' as const, 'subscribe' as const, 'clip' as const, 'noClip' as const),
  }),
);

/** Long ones, with a source from the start. */
const script: fc.Arbitrary<Step[]> = fc
  .tuple(shape, fc.array(step, { maxLength: 20, size: 'max' }))
  .map(([first, rest]) => [
    { kind: 'clip' },
    { kind: 'attach', shape: first, endsOld: false, alignMs: undefined },
    ...rest,
  ]);

/** Runs a script and keeps the book: every sink, and the source's own time of every tag it sent. */
class Rehearsal {
  readonly clock = createFakeClock();
  readonly relay = new Relay({
    clock: this.clock,
    program: new ProgramClock(this.clock),
    logger: nullLogger,
  });
  readonly sinks: RecordingSink[] = [];
  readonly rawMs = new Map<Buffer, number>();
  #handle: TagSource | null = null;
  #source: LiveSource | null = null;

  async perform(next: Step): Promise<void> {
    switch (next.kind) {
      case 'run':
        await (this.#source?.run(next.milliseconds) ?? this.clock.advance(next.milliseconds));
        break;
      case 'freeze':
        await this.clock.advance(next.milliseconds);
        break;
      case 'lose':
        await this.clock.advance(next.milliseconds);
        this.#source?.jump(next.milliseconds);
        break;
      case 'jump':
        this.#source?.jump(next.offsetMs);
        break;
      case 'mute':
        this.#mute(next.track);
        break;
      case 'attach':
        if (next.endsOld) this.#handle?.end();
        this.attach(next.shape, next.alignMs);
        break;
      case 'end':
        this.#handle?.end();
        break;
      case 'subscribe':
        this.subscribe();
        break;
      case 'clip':
        this.relay.setSlateClip(slateClip());
        break;
      case 'noClip':
        this.relay.setSlateClip(null);
    }
  }

  attach(sourceShape: SourceShape, alignMs?: number): void {
    const handle = this.relay.attachSource('any', { alignMs });
    const noting: TagSource = {
      push: (tag: MediaTag) => {
        this.rawMs.set(tag.payload, tag.timestampMs);
        handle.push(tag);
      },
      end: () => handle.end(),
    };
    this.#handle = noting;
    this.#source = new LiveSource(this.clock, noting, sourceShape);
  }

  subscribe(): void {
    const sink = new RecordingSink();
    this.sinks.push(sink);
    this.relay.subscribe(sink);
  }

  /** By how much the last tag of that kind from the source was moved. */
  lastMoveMs(kind: 'video' | 'audio'): number | undefined {
    const last = this.sinks[0]?.tags.findLast(
      (tag) => tag.kind === kind && this.rawMs.has(tag.payload) && !isHeader(tag),
    );
    return last && last.timestampMs - (this.rawMs.get(last.payload) ?? 0);
  }

  #mute(track: 'video' | 'audio' | 'neither'): void {
    if (this.#source === null) return;
    this.#source.isVideoMuted = track === 'video';
    this.#source.isAudioMuted = track === 'audio';
  }
}

function isHeader(tag: MediaTag): boolean {
  return tag.kind !== 'data' && tag.frame === 'header';
}

/** Whether every picture can be decoded: a header and a key frame come before anything else. */
function startsClean(sink: RecordingSink): boolean {
  const video = sink.tags.filter((tag) => tag.kind === 'video').map((tag) => tag.frame);
  return video.length === 0 || (video[0] === 'header' && video[1] === 'key');
}

describe('whatever sources do', () => {
  it('every sink gets a stream that begins with a header and a key frame and never goes back', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const rehearsal = new Rehearsal();
        rehearsal.subscribe();
        for (const next of steps) await rehearsal.perform(next);
        for (const sink of rehearsal.sinks) {
          expect(isStrictlyIncreasing(sink.pictures)).toBe(true);
          expect(neverGoesBack(sink.sounds)).toBe(true);
          expect(startsClean(sink)).toBe(true);
          expect(
            sink.tags.every((tag) => Number.isSafeInteger(tag.timestampMs) && tag.timestampMs >= 0),
          ).toBe(true);
        }
        rehearsal.relay.close();
        expect(rehearsal.clock.pendingTimers).toBe(0);
      }),
      { numRuns: 120 },
    );
  }, 60_000);

  it('once the last source runs undisturbed, sound and picture are exactly as far apart as it had them', async () => {
    await fc.assert(
      fc.asyncProperty(script, shape, fc.nat(2000), async (steps, last, jumpAfterMs) => {
        const rehearsal = new Rehearsal();
        rehearsal.subscribe();
        for (const next of steps) await rehearsal.perform(next);
        rehearsal.attach({ ...last, hasAudio: true, hasVideo: true, gopFrames: 10 });
        await rehearsal.perform({ kind: 'run', milliseconds: 3000 + jumpAfterMs });
        await rehearsal.perform({ kind: 'jump', offsetMs: -(2 ** 24) });
        await rehearsal.perform({ kind: 'run', milliseconds: 3000 });
        expect(rehearsal.relay.stats()).toMatchObject({ onAir: 'source', avOffsetMs: 0 });
        expect(rehearsal.lastMoveMs('audio')).toBe(rehearsal.lastMoveMs('video'));
        rehearsal.relay.close();
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
