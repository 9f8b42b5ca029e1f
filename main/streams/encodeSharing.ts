/** Which destinations can live from one encode, why others cannot, and which encode would suit them all. Pure. */
import type { Service } from '../contract/destinations.ts';
import { bitrateProblems, type JudgedRendition, validateAgainstService } from './serviceLimits.ts';

export interface SharingOutput {
  readonly id: string;
  readonly name: string;
  readonly service: Service | null;
  /** What it would get: its own wish over that of the program. */
  readonly rendition: JudgedRendition;
}

interface SharingGroup {
  readonly outputIds: readonly string[];
  readonly rendition: JudgedRendition;
}

interface SharingConflict {
  readonly outputId: string;
  /** Whom it shares the encode with. */
  readonly sharedWith: readonly string[];
  readonly field: keyof JudgedRendition;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly cure: string;
}

export interface Sharing {
  /** One encode each. */
  readonly groups: readonly SharingGroup[];
  readonly conflicts: readonly SharingConflict[];
}

/** Groups the outputs by what they get, and names those whose service would not take what their group shares. */
export function explainConflicts(outputs: readonly SharingOutput[]): Sharing {
  const byRendition = new Map<string, SharingOutput[]>();
  for (const output of outputs) {
    const key = renditionKey(output.rendition);
    byRendition.set(key, [...(byRendition.get(key) ?? []), output]);
  }
  const members = [...byRendition.values()];
  return {
    groups: members.map((group) => ({
      outputIds: group.map(({ id }) => id),
      rendition: group[0]?.rendition ?? {},
    })),
    conflicts: members.flatMap((group) => group.flatMap((output) => conflictsOf(output, group))),
  };
}

function conflictsOf(output: SharingOutput, group: readonly SharingOutput[]): SharingConflict[] {
  const { service } = output;
  if (!service) return [];
  const others = group.filter(({ id }) => id !== output.id);
  return validateAgainstService(output.rendition, service).map((problem) => ({
    outputId: output.id,
    sharedWith: others.map(({ id }) => id),
    field: problem.field,
    severity: problem.severity,
    message:
      others.length === 0
        ? problem.message
        : `${problem.message} ${output.name} shares its encode with ${inWords(others)}.`,
    cure:
      others.length === 0
        ? problem.cure
        : `${problem.cure.replace(/\.$/, '')} for all of them, or give ${output.name} an encode of its own, such as ${figures(output.rendition, service)}.`,
  }));
}

/** What to do when the others are not to follow this service. */
export function ownEncode(shared: JudgedRendition, service: Service): string {
  return `An encode of its own would suit ${service.name}: ${figures(shared, service)}.`;
}

/** The best encode that the service takes and that is no better than the shared one. */
function figures(shared: JudgedRendition, service: Service): string {
  const best = suggestRendition([service]).rendition;
  const isSmaller = shared.width !== undefined && shared.height !== undefined && shared.height < best.height;
  const size = isSmaller ? shared : best;
  const fps = Math.min(best.fps, shared.fps ?? best.fps);
  const wantedKbps = Math.min(best.bitrateKbps, shared.bitrateKbps ?? best.bitrateKbps);
  const { width, height } = size;
  const [atSize] = bitrateProblems({ width, height, fps, bitrateKbps: wantedKbps }, service);
  const bitrateKbps = atSize?.limit ?? wantedKbps;
  const interval = Math.min(
    best.keyFrameIntervalSeconds,
    shared.keyFrameIntervalSeconds ?? best.keyFrameIntervalSeconds,
  );
  return `H.264, ${width} × ${height}, ${fps} fps, ${bitrateKbps} kbit/s, a key frame every ${interval} s`;
}

function inWords(outputs: readonly SharingOutput[]): string {
  const names = outputs.map(({ name }) => name);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function renditionKey(rendition: JudgedRendition): string {
  const { codec, width, height, fps, bitrateKbps, audioBitrateKbps, keyFrameIntervalSeconds } = rendition;
  return JSON.stringify([codec, width, height, fps, bitrateKbps, audioBitrateKbps, keyFrameIntervalSeconds]);
}

/** From good to modest; the sizes and bitrates that services recommend for H.264. */
const candidates = [
  { height: 1080, width: 1920, fps: 60, bitrateKbps: 6000 },
  { height: 1080, width: 1920, fps: 30, bitrateKbps: 4500 },
  { height: 720, width: 1280, fps: 60, bitrateKbps: 4500 },
  { height: 720, width: 1280, fps: 30, bitrateKbps: 3000 },
  { height: 480, width: 854, fps: 30, bitrateKbps: 1500 },
  { height: 360, width: 640, fps: 30, bitrateKbps: 800 },
] as const;
const DEFAULT_AUDIO_KBPS = 160;
const DEFAULT_KEY_FRAME_SECONDS = 2;

export interface Suggestion {
  readonly rendition: Required<JudgedRendition>;
  /** What held it down, a sentence each. */
  readonly reasons: readonly string[];
}

/** The best H.264 encode that every one of the services takes. Upright when all of them want it so. */
export function suggestRendition(services: readonly Service[]): Suggestion {
  const isPortrait = services.length > 0 && services.every(({ orientation }) => orientation === 'portrait');
  const audioBitrateKbps = Math.min(
    DEFAULT_AUDIO_KBPS,
    ...services.map((service) => service.maxAudioBitrateKbps ?? DEFAULT_AUDIO_KBPS),
  );
  const keyFrameIntervalSeconds = Math.min(
    DEFAULT_KEY_FRAME_SECONDS,
    ...services.map((service) => service.keyFrameIntervalSeconds?.max ?? DEFAULT_KEY_FRAME_SECONDS),
  );
  const reasons = new Set<string>();
  const renditions = candidates.map(
    (size): Required<JudgedRendition> => ({
      codec: 'h264',
      width: isPortrait ? size.height : size.width,
      height: isPortrait ? size.width : size.height,
      fps: size.fps,
      bitrateKbps: size.bitrateKbps,
      audioBitrateKbps,
      keyFrameIntervalSeconds,
    }),
  );
  for (const rendition of renditions) {
    // Another orientation is a matter of taste, not of this one encode.
    const problems = services
      .flatMap((service) => validateAgainstService(rendition, service))
      .filter(({ field }) => field !== 'width');
    if (problems.length === 0) return { rendition, reasons: [...reasons] };
    for (const { message } of problems) reasons.add(message);
  }
  return { rendition: renditions.at(-1) as Required<JudgedRendition>, reasons: [...reasons] };
}
