/**
 * The slates of one program: each rendition's clip, made in the format that the source was found to have, or, while nobody
 * has seen the source, in the one that the program is most likely to get. When a slate is shown is the relay's business.
 *
 *   no plan for a second ──▶ assumed clip ──source on air──▶ clip of its plan
 *   plan in time ──────────────────────────────────────────▶ clip of its plan
 */
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Relay } from '../../media/relay/relay.ts';
import type { EncodePlan, Encoding, PlanRequest } from './encoding.ts';

/** A source that answers within this time finds a machine that is not busy with a slate nobody will see. */
const SOURCE_PATIENCE_MS = 1000;

export interface SlatesOptions {
  readonly encoding: Encoding;
  readonly relays: ReadonlyMap<string, Relay>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Slates {
  readonly #options: SlatesOptions;
  #timer: Timer | null = null;
  #isSourceKnown = false;
  #isStopped = false;
  #assumed: EncodePlan | null = null;
  /** Counts what was asked for: of two that are made at the same time the later one counts. */
  #orders = 0;

  constructor(options: SlatesOptions) {
    this.#options = options;
  }

  /** What the program is taken for while nobody has seen its source; null when that was not needed. */
  get assumed(): EncodePlan | null {
    return this.#assumed;
  }

  /** @param request what is wanted when the source is not there in time */
  awaitSource(request: () => PlanRequest): void {
    this.#timer = this.#options.clock.after(SOURCE_PATIENCE_MS, () => {
      if (!this.#isSourceKnown) void this.#assume(request());
    });
  }

  /** Other renditions are wanted: those that are shown already are made anew. */
  wishesChanged(request: PlanRequest): void {
    if (this.#assumed !== null && !this.#isSourceKnown) void this.#assume(request);
  }

  /**
   * Makes them for a source that was looked at. In the background: the program must not wait for it.
   * @param onAir resolves when the source is: a slate that is shown until then stays, so that formats change only once
   */
  async renderFor(plan: EncodePlan, onAir: Promise<void>): Promise<void> {
    const isShown = this.#assumed !== null && !this.#isSourceKnown;
    this.#isSourceKnown = true;
    await this.#render(plan, isShown ? onAir : null);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #assume(request: PlanRequest): Promise<void> {
    try {
      const plan = await this.#options.encoding.planSlate(request);
      if (this.#isSourceKnown || this.#isStopped) return;
      this.#assumed = plan;
      await this.#render(plan, null);
    } catch (error) {
      this.#options.logger.error('there is no slate before the source', { error });
    }
  }

  async #render(plan: EncodePlan, until: Promise<void> | null): Promise<void> {
    this.#orders += 1;
    const order = this.#orders;
    const { encoding, relays, logger } = this.#options;
    for (const rendition of plan.renditions) {
      try {
        const clip = await encoding.renderSlate(rendition, plan);
        await until;
        if (this.#isStopped || order !== this.#orders) return;
        relays.get(rendition.id)?.setSlateClip(clip);
      } catch (error) {
        logger.error('the slate could not be made', { renditionId: rendition.id, error });
      }
    }
  }
}
