import type { Clock } from '../../lib/clock.ts';
import type { Relay } from '../../media/relay/relay.ts';
import type { TagSource } from '../../media/relay/tagSink.ts';
import type { EncodePlan, EncodeRun, Encoding } from './encoding.ts';

/**
 * One run of the encoder and its sources, one per relay.
 *
 *   starting ──first key frame on air──▶ onAir ──a newer one took its place──▶ over
 *       └────────── ended by itself ───────┴──────────────────────────────────▶ over
 */
export class Generation {
  readonly plan: EncodePlan;
  readonly startedAtMs: number;
  /** Where in the input it began, milliseconds. */
  readonly positionMs: number;
  readonly run: EncodeRun;
  readonly onAir: Promise<void>;
  isOnAir = false;
  #firstPictureAtMs: number | null = null;
  readonly #clock: Clock;
  readonly #sources: readonly TagSource[];

  constructor(parts: {
    label: string;
    plan: EncodePlan;
    encoding: Encoding;
    relays: ReadonlyMap<string, Relay>;
    clock: Clock;
    positionMs: number;
    alignMs: number | undefined;
    /** All of its renditions were taken over by a newer run. */
    onReplaced: () => void;
  }) {
    const { clock, plan } = parts;
    this.#clock = clock;
    this.plan = plan;
    this.positionMs = parts.positionMs;
    this.startedAtMs = clock.monotonicMs();
    const spliced = Promise.withResolvers<void>();
    this.onAir = spliced.promise;
    let waiting = plan.renditions.length;
    const onSpliced = (): void => {
      this.#firstPictureAtMs ??= clock.monotonicMs();
      waiting -= 1;
      this.isOnAir = waiting === 0;
      if (this.isOnAir) spliced.resolve();
    };
    const { label, alignMs } = parts;
    let kept = plan.renditions.length;
    const onReplaced = (): void => {
      kept -= 1;
      if (kept === 0) parts.onReplaced();
    };
    this.#sources = plan.renditions.map((rendition): TagSource => {
      const relay = parts.relays.get(rendition.id);
      if (!relay) throw new Error(`no relay for rendition ${rendition.id}`);
      return relay.attachSource(label, { group: label, alignMs, onSpliced, onReplaced });
    });
    this.run = parts.encoding.run(plan, this.#sources, parts.positionMs);
  }

  /** Where in the input it is now, as far as real time tells. */
  get currentPositionMs(): number {
    if (this.#firstPictureAtMs === null) return this.positionMs;
    return this.positionMs + this.#clock.monotonicMs() - this.#firstPictureAtMs;
  }

  /**
   * Keeps it from going on air later, with what its encoder still gives out when it is stopped.
   * @returns whether one of its renditions is on air already, in place of a former run
   */
  abandon(): boolean {
    for (const source of this.#sources) source.end();
    return this.#firstPictureAtMs !== null;
  }

  get ageMs(): number {
    return this.#clock.monotonicMs() - this.startedAtMs;
  }
}
