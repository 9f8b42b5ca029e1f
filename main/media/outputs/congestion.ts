/**
 * Shares the uplink between destinations by the user's priorities. Once a second it is told how each one does, and
 * answers with what to pause, what to resume and which bitrate to encode at. Pure: state in, state and actions out.
 *
 *   The line is too small when two or more destinations cannot get rid of their data at the same time, none that wants
 *   as much fares clearly better, or when more is wanted than the user says the line carries.
 *     → the lowest priority is paused, one at a time, each time waiting for the effect.
 *   Only the top one left and still too slow
 *     → a lower bitrate is suggested, down to what gets through; later up again, step by step.
 *   Calm for a while, with room
 *     → the bitrate first, then the highest of the paused ones, one at a time.
 *
 * One slow destination beside others that do well is its own problem: its queue drops, nobody is paused for it.
 */
import type { OutputState } from '../../contract/streams.ts';

/** A backlog of more than this, for this many readings on end without shrinking, is congestion. */
const BACKLOG_MS = 1000;
const BACKLOG_READINGS = 5;
/** A destination that fares this much better than the congested ones shows that the line is not what holds them up. */
const CLEARLY_BETTER = 1.5;
/** So long after an action of ours others may not have followed yet. */
const SETTLE_MS = 5000;
/** How long everything must be calm before the bitrate rises or a destination comes back. */
const CALM_MS = 20_000;
/** Between two steps up; a step that brought the congestion back makes the next ones rarer. */
const FIRST_RAISE_MS = 10_000;
const LAST_RAISE_MS = 320_000;
const RAISE_SHARE = 0.1;
/** What got through while the line was full, less a margin, is what is planned with. */
const USABLE_SHARE = 0.95;
const LOWERED_SHARE = 0.85;
const BITRATE_FLOOR_KBPS = 300;
const BITRATE_STEP_KBPS = 50;
/** Even when the estimate says no, a paused destination is tried again: lines recover. Failed trials make it rarer. */
const FIRST_TRIAL_MS = 60_000;
const LAST_TRIAL_MS = 600_000;
/** A destination that brings the congestion back within this time was resumed too early. */
const TRIAL_VERDICT_MS = 20_000;

export interface OutputLoad {
  readonly id: string;
  /** Higher goes first; equal ones in the order of the list. */
  readonly priority: number;
  readonly state: OutputState;
  readonly queueMs: number;
  /** What the far side has confirmed lately. */
  readonly confirmedKbps: number;
  /**
   * What its rendition is encoded at now, video and sound: the target, not a measurement. A quiet picture takes less for a
   * while and would look like a change by the user.
   */
  readonly wantedKbps: number;
  /** Whether it uses the uplink: recordings and local playlists do not. */
  readonly isNetwork: boolean;
}

export type CongestionAction =
  | { kind: 'pause'; id: string }
  | { kind: 'resume'; id: string }
  /** For the rendition of this output, video and sound together. */
  | { kind: 'suggestBitrate'; id: string; bitrateKbps: number };

export interface CongestionState {
  /** Paused by this controller, the longest first. */
  readonly paused: readonly string[];
  /** Per output: backlog at the last readings, newest last. */
  readonly backlogs: ReadonlyMap<string, readonly number[]>;
  /** What got through in all while the line was full; null while that was never so. */
  readonly capacityKbps: number | null;
  readonly lastActionAtMs: number;
  /** Since when nobody is congested; null while somebody is. */
  readonly calmSinceMs: number | null;
  /** The bitrate asked for instead of the user's. */
  readonly lowered: {
    readonly id: string;
    readonly originalKbps: number;
    readonly suggestedKbps: number;
  } | null;
  readonly raiseIntervalMs: number;
  readonly raisedAtMs: number | null;
  readonly trialIntervalMs: number;
  readonly trial: { readonly id: string; readonly atMs: number } | null;
}

export const initialCongestion: CongestionState = {
  paused: [],
  backlogs: new Map(),
  capacityKbps: null,
  lastActionAtMs: Number.NEGATIVE_INFINITY,
  calmSinceMs: null,
  lowered: null,
  raiseIntervalMs: FIRST_RAISE_MS,
  raisedAtMs: null,
  trialIntervalMs: FIRST_TRIAL_MS,
  trial: null,
};

export interface CongestionStep {
  readonly state: CongestionState;
  readonly actions: readonly CongestionAction[];
}

/**
 * One reading.
 * @param loads every output of the stream, in the user's order.
 * @param uplinkKbps what the user says the line carries; null when it is to be found out.
 * @param nowMs monotonic.
 */
export function stepCongestion(
  before: CongestionState,
  loads: readonly OutputLoad[],
  uplinkKbps: number | null,
  nowMs: number,
): CongestionStep {
  const network = loads.filter((load) => load.isNetwork);
  const state = takeReading(before, network, nowMs);
  const live = network.filter((load) => load.state === 'live');
  const congested = live.filter((load) => isCongested(state, load));
  if (congested.length > 0) return relieve(state, network, congested, uplinkKbps, nowMs);
  if (uplinkKbps !== null && sumWanted(using(network)) > uplinkKbps) return fitUplink(state, network, nowMs);
  return recover(state, network, uplinkKbps, nowMs);
}

/** Forgets what is gone or was changed by somebody else, and takes down the backlogs. */
function takeReading(
  before: CongestionState,
  network: readonly OutputLoad[],
  nowMs: number,
): CongestionState {
  const byId = new Map(network.map((load) => [load.id, load]));
  const backlogs = new Map<string, readonly number[]>();
  for (const load of network) {
    if (load.state !== 'live') continue;
    backlogs.set(load.id, [...(before.backlogs.get(load.id) ?? []), load.queueMs].slice(-BACKLOG_READINGS));
  }
  const justActed = nowMs - before.lastActionAtMs < SETTLE_MS;
  const paused = before.paused.filter((id) => {
    const load = byId.get(id);
    return load !== undefined && (load.state === 'paused' || justActed);
  });
  const lowered = before.lowered;
  const loweredLoad = lowered && byId.get(lowered.id);
  const isOurs =
    loweredLoad !== null &&
    loweredLoad !== undefined &&
    (justActed || isNear(loweredLoad.wantedKbps, lowered?.suggestedKbps ?? 0));
  const state = { ...before, backlogs, paused, lowered: isOurs ? lowered : null };
  const isAnyCongested = network.some((load) => load.state === 'live' && isCongested(state, load));
  return { ...state, calmSinceMs: isAnyCongested ? null : (before.calmSinceMs ?? nowMs) };
}

function isCongested(state: CongestionState, load: OutputLoad): boolean {
  const backlogs = state.backlogs.get(load.id) ?? [];
  if (backlogs.length < BACKLOG_READINGS) return false;
  const first = backlogs[0] ?? 0;
  const last = backlogs.at(-1) ?? 0;
  return backlogs.every((backlogMs) => backlogMs >= BACKLOG_MS) && last >= first * 0.9;
}

/** Somebody cannot keep up: decides whether the line is the reason, and who gives way. */
function relieve(
  state: CongestionState,
  network: readonly OutputLoad[],
  congested: readonly OutputLoad[],
  uplinkKbps: number | null,
  nowMs: number,
): CongestionStep {
  const users = using(network);
  const [only] = users;
  if (users.length === 1 && only !== undefined) return lowerBitrate(state, only, nowMs);
  const live = users.filter((load) => load.state === 'live');
  const isOverbooked = uplinkKbps !== null && sumWanted(users) > uplinkKbps;
  if (!isOverbooked && !isLineFull(live, congested)) return { state, actions: [] };
  const capacityKbps = live.reduce((sum, load) => sum + load.confirmedKbps, 0);
  return pauseLowest({ ...state, capacityKbps }, live, nowMs);
}

/** Several fail together, and none that sends as much or more does well. */
function isLineFull(live: readonly OutputLoad[], congested: readonly OutputLoad[]): boolean {
  if (congested.length < 2) return false;
  const bestKbps = Math.max(...congested.map((load) => load.confirmedKbps));
  return live.every((load) => congested.includes(load) || load.confirmedKbps < bestKbps * CLEARLY_BETTER);
}

/** More is wanted than the user says there is: the lowest give way before anything fails. */
function fitUplink(state: CongestionState, network: readonly OutputLoad[], nowMs: number): CongestionStep {
  const users = using(network);
  if (users.length < 2) return { state, actions: [] };
  return pauseLowest(state, users, nowMs);
}

function pauseLowest(
  state: CongestionState,
  candidates: readonly OutputLoad[],
  nowMs: number,
): CongestionStep {
  const lowest = byPriority(candidates).at(-1);
  if (lowest === undefined) return { state, actions: [] };
  const isTrialFailed = state.trial !== null && nowMs - state.trial.atMs <= TRIAL_VERDICT_MS;
  return {
    state: {
      ...state,
      paused: [...state.paused.filter((id) => id !== lowest.id), lowest.id],
      backlogs: new Map(),
      lastActionAtMs: nowMs,
      calmSinceMs: null,
      trial: null,
      trialIntervalMs: isTrialFailed
        ? Math.min(LAST_TRIAL_MS, state.trialIntervalMs * 2)
        : state.trialIntervalMs,
    },
    actions: [{ kind: 'pause', id: lowest.id }],
  };
}

function lowerBitrate(state: CongestionState, load: OutputLoad, nowMs: number): CongestionStep {
  const estimateKbps = load.confirmedKbps > 0 ? load.confirmedKbps : load.wantedKbps;
  const targetKbps = Math.min(estimateKbps * USABLE_SHARE, load.wantedKbps * LOWERED_SHARE);
  const bitrateKbps = Math.max(BITRATE_FLOOR_KBPS, roundDown(targetKbps));
  if (bitrateKbps >= load.wantedKbps) return { state, actions: [] };
  const originalKbps = state.lowered?.id === load.id ? state.lowered.originalKbps : load.wantedKbps;
  const isRaiseFailed = state.raisedAtMs !== null && nowMs - state.raisedAtMs <= TRIAL_VERDICT_MS;
  return {
    state: {
      ...state,
      raiseIntervalMs: isRaiseFailed
        ? Math.min(LAST_RAISE_MS, state.raiseIntervalMs * 2)
        : state.raiseIntervalMs,
      lowered: { id: load.id, originalKbps, suggestedKbps: bitrateKbps },
      backlogs: new Map(),
      lastActionAtMs: nowMs,
      calmSinceMs: null,
    },
    actions: [{ kind: 'suggestBitrate', id: load.id, bitrateKbps }],
  };
}

/** Nobody is congested: the bitrate comes back first, then the paused, one at a time. */
function recover(
  state: CongestionState,
  network: readonly OutputLoad[],
  uplinkKbps: number | null,
  nowMs: number,
): CongestionStep {
  const calmMs = state.calmSinceMs === null ? 0 : nowMs - state.calmSinceMs;
  if (calmMs < CALM_MS) return { state, actions: [] };
  if (state.lowered !== null) return raiseBitrate(state, nowMs);
  const candidates = byPriority(network.filter((load) => state.paused.includes(load.id)));
  const next = candidates[0];
  if (next === undefined) return { state, actions: [] };
  const sinceMs = nowMs - state.lastActionAtMs;
  const neededKbps = sumWanted(using(network)) + next.wantedKbps;
  const limitKbps = uplinkKbps ?? (state.capacityKbps === null ? null : state.capacityKbps * USABLE_SHARE);
  const hasRoom = limitKbps !== null && neededKbps <= limitKbps && sinceMs >= CALM_MS;
  // What the user says about the line is taken at its word; our own estimate is only as good as the day.
  const isTrialDue = uplinkKbps === null && sinceMs >= state.trialIntervalMs;
  if (!hasRoom && !isTrialDue) return { state, actions: [] };
  return {
    state: {
      ...state,
      paused: state.paused.filter((id) => id !== next.id),
      lastActionAtMs: nowMs,
      trial: { id: next.id, atMs: nowMs },
    },
    actions: [{ kind: 'resume', id: next.id }],
  };
}

function raiseBitrate(state: CongestionState, nowMs: number): CongestionStep {
  const { lowered } = state;
  if (lowered === null || nowMs - state.lastActionAtMs < state.raiseIntervalMs) return { state, actions: [] };
  const raisedKbps = lowered.suggestedKbps + lowered.originalKbps * RAISE_SHARE;
  const bitrateKbps = Math.min(lowered.originalKbps, roundDown(raisedKbps));
  const isBack = bitrateKbps >= lowered.originalKbps;
  return {
    state: {
      ...state,
      lowered: isBack ? null : { ...lowered, suggestedKbps: bitrateKbps },
      raisedAtMs: nowMs,
      lastActionAtMs: nowMs,
    },
    actions: [{ kind: 'suggestBitrate', id: lowered.id, bitrateKbps }],
  };
}

/** Those that load the line now or will in a moment. */
function using(network: readonly OutputLoad[]): OutputLoad[] {
  return network.filter(({ state }) => state === 'live' || state === 'connecting' || state === 'retrying');
}

/** Highest first; equal ones in the order of the list. */
function byPriority(loads: readonly OutputLoad[]): OutputLoad[] {
  return loads.toSorted((a, b) => b.priority - a.priority);
}

function sumWanted(loads: readonly OutputLoad[]): number {
  return loads.reduce((sum, load) => sum + load.wantedKbps, 0);
}

function isNear(kbps: number, expectedKbps: number): boolean {
  return Math.abs(kbps - expectedKbps) <= expectedKbps * 0.15;
}

function roundDown(kbps: number): number {
  return Math.floor(kbps / BITRATE_STEP_KBPS) * BITRATE_STEP_KBPS;
}
