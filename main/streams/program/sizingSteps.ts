import type { ProcessingStep } from '../../contract/processing.ts';

/**
 * The steps that decide how large the program is and how it is encoded, for a picture that nobody has seen: what is cut
 * out of it or added around it is of that size in any case. What is drawn on it is left out.
 */
export function sizingSteps(processing: readonly ProcessingStep[]): ProcessingStep[] {
  return processing.flatMap((step): ProcessingStep[] => {
    if (step.type === 'transcode') return [step];
    if (step.type !== 'scale' && step.type !== 'crop' && step.type !== 'pad') return [];
    const { width, height } = step;
    return [{ type: 'scale', width, height, fit: 'stretch' }];
  });
}
