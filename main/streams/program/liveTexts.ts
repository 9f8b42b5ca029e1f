import { StreamwareError } from '../../contract/errors.ts';
import type { ProcessingStep } from '../../contract/processing.ts';

/** The steps with the words that are on the picture now, so that an encoder started later shows them too. */
export class LiveTexts {
  #steps: readonly ProcessingStep[];

  constructor(steps: readonly ProcessingStep[]) {
    this.#steps = steps;
  }

  get steps(): readonly ProcessingStep[] {
    return this.#steps;
  }

  /** @throws `request.invalid` when there is no such `text` step */
  set(index: number, text: string): void {
    const position = this.#steps.map((step, at) => (step.type === 'text' ? at : -1)).filter((at) => at >= 0)[
      index
    ];
    if (position === undefined) {
      throw new StreamwareError('request.invalid', {
        field: 'index',
        detail: `the stream has no text step number ${index}`,
      });
    }
    this.#steps = this.#steps.map((step, at) =>
      at === position && step.type === 'text' ? { ...step, text } : step,
    );
  }
}
