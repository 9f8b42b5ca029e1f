/**
 * What is remembered of a media playlist beyond any crash: a small file beside it. It is written before anything it
 * tells of is done, so that every file of ours is named in it at any moment: numbers never repeat, leftovers are found,
 * and nothing is ever deleted that is not named here.
 *
 * A segment's way:   open ──▶ listed ──▶ retired ──▶ deleted      (leftovers of a crash: open, retired ──▶ deleted)
 */
import { z } from 'zod';
import { targetSeconds } from './playlist.ts';

const segmentSchema = z.object({
  name: z.string(),
  durationMs: z.number(),
  startMs: z.number(),
  dateMs: z.number(),
  isDiscontinuous: z.boolean(),
  bytes: z.int(),
  init: z.string().nullable(),
});
export type HlsSegment = z.infer<typeof segmentSchema>;

export const hlsStateSchema = z.object({
  version: z.literal(1),
  owner: z.object({ id: z.string(), pid: z.int() }),
  isFinished: z.boolean(),
  updatedAt: z.number(),
  /** Of the next segment. */
  nextSequence: z.int().min(0),
  /** Discontinuities in front of the listed segments. */
  discontinuitySequence: z.int().min(0),
  targetSeconds: z.int().min(1),
  segments: z.array(segmentSchema),
  /** Not listed any more, still there for players that read the list a moment ago. Oldest first. */
  retired: z.array(z.object({ name: z.string(), init: z.string().nullable() })),
  /** Names that may be on the disk without being listed: the segment being written, a new initialisation section. */
  open: z.array(z.string()),
});
export type HlsState = z.infer<typeof hlsStateSchema>;

/** How many segments stay on the disk after they have left the list. */
const GRACE_SEGMENTS = 2;

export function emptyState(owner: HlsState['owner'], nextSequence: number, wantedSeconds: number): HlsState {
  return {
    version: 1,
    owner,
    isFinished: false,
    updatedAt: 0,
    nextSequence,
    discontinuitySequence: 0,
    targetSeconds: Math.ceil(wantedSeconds),
    segments: [],
    retired: [],
    open: [],
  };
}

export interface WindowChange {
  readonly state: HlsState;
  /** Files to delete once the state is written. */
  readonly surplus: readonly string[];
}

/** Lists a finished segment, and retires and gives up what the window has no room for. */
export function withSegment(
  state: HlsState,
  segment: HlsSegment,
  windowSegments: number,
  wantedSeconds: number,
): WindowChange {
  return trimmed(
    { ...state, segments: [...state.segments, segment], nextSequence: state.nextSequence + 1 },
    windowSegments,
    wantedSeconds,
  );
}

/** The same for a window that has become smaller. */
export function trimmed(state: HlsState, windowSegments: number, wantedSeconds: number): WindowChange {
  const leaving = state.segments.slice(0, Math.max(0, state.segments.length - windowSegments));
  const segments = state.segments.slice(leaving.length);
  const retired = [...state.retired, ...leaving.map(({ name, init }) => ({ name, init }))];
  return withSurplus(
    {
      ...state,
      segments,
      discontinuitySequence:
        state.discontinuitySequence + leaving.filter((one) => one.isDiscontinuous).length,
      targetSeconds: Math.max(
        segments.length > 1 ? state.targetSeconds : 0,
        targetSeconds(
          wantedSeconds,
          segments.map((one) => one.durationMs),
        ),
      ),
      retired,
    },
    GRACE_SEGMENTS,
  );
}

/** Takes everything off the list, since what follows has nothing to do with it. Numbers go on. */
export function emptied(state: HlsState): HlsState {
  const retired = [...state.retired, ...state.segments.map(({ name, init }) => ({ name, init }))];
  const leaving = state.segments.filter((one) => one.isDiscontinuous).length;
  return {
    ...state,
    segments: [],
    retired,
    discontinuitySequence: state.discontinuitySequence + leaving + (state.segments.length > 0 ? 1 : 0),
  };
}

/** Keeps the last `grace` retired segments; what nothing refers to any more is surplus. */
export function withSurplus(state: HlsState, grace: number): WindowChange {
  const gone = state.retired.slice(0, Math.max(0, state.retired.length - grace));
  const retired = state.retired.slice(gone.length);
  const needed = new Set([...state.segments, ...retired].map((one) => one.init));
  const inits = new Set(gone.map((one) => one.init).filter((init) => init !== null && !needed.has(init)));
  return { state: { ...state, retired }, surplus: [...gone.map((one) => one.name), ...inits] as string[] };
}

/** Media sequence number of the first segment listed. */
export function mediaSequence(state: HlsState): number {
  return state.nextSequence - state.segments.length;
}

/** Every file that may be on the disk because of this state, without the playlist and the state itself. */
export function filesOf(state: HlsState): string[] {
  const named = [...state.segments, ...state.retired];
  const inits = named.map((one) => one.init).filter((init) => init !== null);
  return [...new Set([...named.map((one) => one.name), ...inits, ...state.open])];
}
