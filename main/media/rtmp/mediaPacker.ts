/**
 * Packs the tags of one connection into chunks, a batch at a time. All destinations of a stream get the same batches, and
 * soon after their start their headers say the same, since headers carry steps in time: then one packer does the work
 * and the others take its bytes. Not concerned with when batches are sent, nor with sockets.
 */
import type { MediaTag } from '../flv/mediaTag.ts';
import type { ChunkStreamState, ChunkWriter } from './chunkWriter.ts';
import { mediaMessage } from './mediaMessage.ts';
import { chunkStream } from './rtmpMessage.ts';
import { SessionTimeline } from './sessionTimeline.ts';

const WRAP_MS = 2 ** 32;
/** Longer steps are written as absolute times. */
const LONGEST_STEP_MS = 0xffffff;
const kinds = ['video', 'audio', 'data'] as const;
type Kind = (typeof kinds)[number];

/** Chunks of a batch, to be sent one after the other. Packers share them: whoever sends them changes nothing. */
export interface Packed {
  readonly slices: readonly Buffer[];
  readonly bytes: number;
}

/** How a track of the batch stood, and stands after it. */
interface TrackStep {
  readonly kind: Kind;
  readonly before: ChunkStreamState;
  readonly after: ChunkStreamState;
  /** The last tag before the batch, on the program's timeline. */
  readonly lastProgramMs: number;
}

/** A batch that was packed, and all that its bytes depend on. */
interface Packing {
  readonly tags: readonly MediaTag[];
  readonly chunkBytes: number;
  readonly steps: readonly TrackStep[];
  readonly packed: Packed;
}

/** The batch that was packed last, by whichever packer, when it depends on no connection's own time. */
let lastPacking: Packing | null = null;

export class MediaPacker {
  readonly #writer: ChunkWriter;
  readonly #streamId: number;
  readonly #timeline = new SessionTimeline();

  /** @param writer that of the connection, which goes on writing other messages in between */
  constructor(writer: ChunkWriter, streamId: number) {
    this.#writer = writer;
    this.#streamId = streamId;
  }

  /** @param tags in order, not changed afterwards */
  pack(tags: readonly MediaTag[]): Packed {
    if (lastPacking !== null && this.#takesFrom(lastPacking, tags)) return this.#takeFrom(lastPacking);
    const before = kinds.map((kind) => ({
      kind,
      state: this.#state(kind),
      programMs: this.#programMs(kind),
    }));
    const slices: Buffer[] = [];
    let bytes = 0;
    for (const tag of tags) {
      bytes += this.#writer.append(slices, mediaMessage(tag, this.#timeline.rebase(tag), this.#streamId));
    }
    const packed = { slices, bytes };
    const steps: TrackStep[] = [];
    for (const { kind, state, programMs } of before) {
      const after = this.#state(kind);
      if (after === state || after === undefined) continue;
      const stepMs = (this.#programMs(kind) ?? 0) - (programMs ?? 0);
      if (state === undefined || programMs === null || !isInSteps(state, after, stepMs)) return packed;
      steps.push({ kind, before: state, after, lastProgramMs: programMs });
    }
    lastPacking = { tags, chunkBytes: this.#writer.chunkBytes, steps, packed };
    return packed;
  }

  #takesFrom({ tags, chunkBytes, steps }: Packing, mine: readonly MediaTag[]): boolean {
    if (tags.length !== mine.length || chunkBytes !== this.#writer.chunkBytes) return false;
    for (let index = 0; index < tags.length; index++) if (tags[index] !== mine[index]) return false;
    return steps.every((step) => this.#standsAs(step));
  }

  #standsAs({ kind, before, after, lastProgramMs }: TrackStep): boolean {
    const own = this.#state(kind);
    if (own === undefined || this.#programMs(kind) !== lastProgramMs) return false;
    const isSameHeader =
      own.streamId === this.#streamId &&
      own.streamId === before.streamId &&
      own.typeId === before.typeId &&
      own.length === before.length &&
      own.deltaMs === before.deltaMs;
    return isSameHeader && own.timestampMs + (after.timestampMs - before.timestampMs) < WRAP_MS;
  }

  #takeFrom({ steps, packed }: Packing): Packed {
    for (const { kind, before, after } of steps) {
      const stepMs = after.timestampMs - before.timestampMs;
      const ownMs = this.#state(kind)?.timestampMs ?? 0;
      this.#writer.adopt(chunkStream[kind], { ...after, timestampMs: ownMs + stepMs });
      this.#timeline.advance(kind, this.#timeline.lastMs(kind) + stepMs);
    }
    return packed;
  }

  #state(kind: Kind): ChunkStreamState | undefined {
    return this.#writer.state(chunkStream[kind]);
  }

  #programMs(kind: Kind): number | null {
    const { baseMs } = this.#timeline;
    return baseMs === null ? null : baseMs + this.#timeline.lastMs(kind);
  }
}

/** Whether no header between the two, `stepMs` apart, says an absolute time, which is that of one connection alone. */
function isInSteps(before: ChunkStreamState, after: ChunkStreamState, stepMs: number): boolean {
  const isUnwrapped = after.timestampMs - before.timestampMs === stepMs;
  return before.streamId === after.streamId && isUnwrapped && stepMs >= 0 && stepMs < LONGEST_STEP_MS;
}
