import type { Output } from '../contract/outputs.ts';
import type { ProcessingStep, RenditionRequest } from '../contract/processing.ts';

/** One encode of the program. Outputs that ask for the same thing share it. */
export interface RenditionPlan {
  /** `main`, then `r1`, `r2`, … in the order in which outputs first ask for them. */
  readonly id: string;
  readonly request: RenditionRequest;
}

export interface RenditionAssignment {
  readonly renditions: readonly RenditionPlan[];
  /** Output id → ids of the renditions it gets; more than one only for an HLS ladder. */
  readonly byOutput: ReadonlyMap<string, readonly string[]>;
}

type NamedOutput = Pick<Output, 'type' | 'rendition'> & {
  id: string;
  ladder?: readonly RenditionRequest[] | undefined;
};

/**
 * Decides how often the picture is encoded: once for all outputs that want the same, once more for each different wish.
 * `main` always exists, since the preview, the replay buffer and outputs without a wish of their own use it.
 */
export function planRenditions(
  processing: readonly ProcessingStep[],
  outputs: readonly NamedOutput[],
): RenditionAssignment {
  const main = mainRequest(processing);
  const plans: RenditionPlan[] = [{ id: 'main', request: main }];
  const idFor = (wish: RenditionRequest | undefined): string => {
    const request = { ...main, ...definedOnly(wish ?? {}) };
    const known = plans.find((plan) => sameRequest(plan.request, request));
    if (known) return known.id;
    const id = `r${plans.length}`;
    plans.push({ id, request });
    return id;
  };
  const byOutput = new Map(
    outputs.map(
      (output) =>
        [output.id, [...new Set([idFor(output.rendition), ...(output.ladder ?? []).map(idFor)])]] as const,
    ),
  );
  return { renditions: plans, byOutput };
}

/** What the `transcode` step asks for. Several steps: the later one wins, field by field. */
export function mainRequest(processing: readonly ProcessingStep[]): RenditionRequest {
  let request: RenditionRequest = {};
  for (const step of processing) {
    if (step.type !== 'transcode') continue;
    const { codec, width, height, fps, bitrateKbps, audioBitrateKbps, preset } = step;
    request = {
      ...request,
      ...definedOnly({ codec, width, height, fps, bitrateKbps, audioBitrateKbps, preset }),
    };
  }
  return request;
}

/** Without the keys whose value is undefined, so that a spread does not erase what was there. */
export function definedOnly<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}

function sameRequest(a: RenditionRequest, b: RenditionRequest): boolean {
  const keys: (keyof RenditionRequest)[] = [
    'codec',
    'width',
    'height',
    'fps',
    'bitrateKbps',
    'audioBitrateKbps',
    'preset',
  ];
  return keys.every((key) => a[key] === b[key]);
}
