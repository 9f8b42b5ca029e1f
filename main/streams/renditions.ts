import type { Output } from '../contract/outputs.ts';
import type { ProcessingStep, RenditionRequest } from '../contract/processing.ts';

/** One encode of the program. Outputs that ask for the same thing share it. */
export interface RenditionPlan {
  /** `main`, then `r1`, `r2`, …; an id stays with its wish for as long as the stream runs. */
  readonly id: string;
  readonly request: RenditionRequest;
  /** What the outputs of this rendition asked for; empty for `main`. */
  readonly wish: RenditionRequest;
}

export interface RenditionAssignment {
  readonly renditions: readonly RenditionPlan[];
  /** Output id → ids of the renditions it gets; more than one only for an HLS ladder. */
  readonly byOutput: ReadonlyMap<string, readonly string[]>;
}

interface WishingOutput {
  readonly id: string;
  readonly rendition?: RenditionRequest | undefined;
  readonly ladder?: readonly RenditionRequest[] | undefined;
}

/**
 * Decides how often the picture is encoded: once for all outputs that want the same, once more for each different wish.
 * `main` always exists, since the preview, the replay buffer and outputs without a wish of their own use it.
 * @param main what the program is encoded as
 * @param before the renditions in use, so that an unchanged wish keeps its id
 */
export function planRenditions(
  main: RenditionRequest,
  outputs: readonly WishingOutput[],
  before: readonly RenditionPlan[] = [],
): RenditionAssignment {
  const plans: RenditionPlan[] = [{ id: 'main', request: main, wish: {} }];
  const idFor = (asked: RenditionRequest | undefined): string => {
    const wish = definedOnly(asked ?? {});
    const request = merge(main, wish);
    const shared = plans.find((plan) => isSame(plan.request, request));
    if (shared) return shared.id;
    const id =
      before.find((plan) => plan.id !== 'main' && isSame(plan.wish, wish))?.id ??
      freeId([...before, ...plans]);
    plans.push({ id, request, wish });
    return id;
  };
  const byOutput = new Map(
    outputs.map(
      ({ id, rendition, ladder }) => [id, [...new Set([rendition, ...(ladder ?? [])].map(idFor))]] as const,
    ),
  );
  return { renditions: plans, byOutput };
}

/** What the `transcode` steps ask for. Several steps: the later one wins, field by field. */
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

/** The wishes of an output as `planRenditions` takes them. */
export function wishesOf(id: string, output: Output): WishingOutput {
  return { id, rendition: output.rendition, ladder: output.type === 'hls' ? output.ladder : undefined };
}

/** Without the keys whose value is undefined, so that a spread does not erase what was there. */
export function definedOnly<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}

/** A wish for another size or rate without a bitrate gets the usual bitrate of that size, not the program's. */
function merge(main: RenditionRequest, wish: RenditionRequest): RenditionRequest {
  const changesPicture = wish.width !== undefined || wish.height !== undefined || wish.fps !== undefined;
  const { bitrateKbps: _, ...withoutBitrate } = main;
  return { ...(changesPicture ? withoutBitrate : main), ...wish };
}

function isSame(a: RenditionRequest, b: RenditionRequest): boolean {
  const keys = ['codec', 'width', 'height', 'fps', 'bitrateKbps', 'audioBitrateKbps', 'preset'] as const;
  return keys.every((key) => a[key] === b[key]);
}

function freeId(taken: readonly RenditionPlan[]): string {
  let number = 1;
  while (taken.some((plan) => plan.id === `r${number}`)) number += 1;
  return `r${number}`;
}
