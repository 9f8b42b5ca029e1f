import { StreamwareError } from '../contract/errors.ts';
import type { OutputStatus } from '../contract/streams.ts';
import type { Clock } from '../lib/clock.ts';
import { type CongestionAction, initialCongestion, stepCongestion } from '../media/outputs/congestion.ts';
import type { StreamOutput } from './streamOutput.ts';

export interface UplinkSharingOptions {
  /** What the line can carry; null: found while live. */
  readonly uplinkKbps: number | null;
  readonly clock: Clock;
  readonly findOutput: (outputId: string) => StreamOutput | undefined;
  /** @param totalKbps picture and sound of the program together */
  readonly lowerBitrate: (totalKbps: number) => void;
}

/** Carries out, on the outputs of one stream, what the congestion controller decides once a second. */
export class UplinkSharing {
  readonly #options: UplinkSharingOptions;
  #congestion = initialCongestion;

  constructor(options: UplinkSharingOptions) {
    this.#options = options;
  }

  share(statuses: readonly OutputStatus[]): void {
    const { uplinkKbps, clock, findOutput } = this.#options;
    const loads = statuses.flatMap((status) => findOutput(status.id)?.load(status) ?? []);
    const step = stepCongestion(this.#congestion, loads, uplinkKbps, clock.monotonicMs());
    this.#congestion = step.state;
    for (const action of step.actions) this.#relieve(action);
  }

  #relieve(action: CongestionAction): void {
    const output = this.#options.findOutput(action.id);
    if (!output) return;
    if (action.kind === 'pause') output.pause(new StreamwareError('destination.congested'));
    else if (action.kind === 'resume') output.resume();
    else this.#options.lowerBitrate(action.bitrateKbps);
  }
}
