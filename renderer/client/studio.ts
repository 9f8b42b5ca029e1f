/** The one copy of the studio's state in this page, and the ways to read it and to fill it. */
import { useSyncExternalStore } from 'react';
import { call } from './api.ts';
import { engineNow } from './engineClock.ts';
import { followEngine } from './engineFeed.ts';
import { HISTORY_MS, initialState, reduce, type StudioEvent, type StudioState } from './studioState.ts';

let state = initialState;
const listeners = new Set<() => void>();
let stopFollowing = (): void => undefined;

/**
 * The page is drawn anew at once, then at most this often: with many streams every second brings hundreds of
 * measurements, and drawing each of them would leave no time for a click.
 */
const PAUSE_MS = 100;
let pause: ReturnType<typeof setTimeout> | undefined;
let isBehind = false;

function dispatch(event: StudioEvent): void {
  state = reduce(state, event);
  tell();
}

function tell(): void {
  isBehind = pause !== undefined;
  if (isBehind) return;
  pause = setTimeout(() => {
    pause = undefined;
    if (isBehind) tell();
  }, PAUSE_MS);
  for (const listener of listeners) listener();
}

/** A part of the studio's state; the component is drawn anew when that part changes. `select` must not make new objects. */
export function useStudio<Value>(select: (state: StudioState) => Value): Value {
  return useSyncExternalStore(subscribe, () => select(state));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begins to follow the engine, or begins anew. */
export function connect(): void {
  stopFollowing();
  stopFollowing = followEngine(dispatch);
}

/** Signs this page in with a token. It becomes a cookie that script cannot read. */
export async function signIn(token: string): Promise<void> {
  await call('createSession', { body: { token: token.trim() } });
  connect();
}

/** What happened to a stream before this page looked. */
export async function loadTimeline(streamId: string): Promise<void> {
  const page = await call('listStreamTimeline', { params: { streamId }, query: { limit: 100 } });
  dispatch({ type: 'timelineLoaded', streamId, events: page.items });
}

export async function loadBitrates(streamId: string): Promise<void> {
  const history = await call('getStreamHealthHistory', {
    params: { streamId },
    query: { from: engineNow() - HISTORY_MS },
  });
  const points = history.points.map(({ at, bitrateKbps }) => ({ at, kbps: bitrateKbps }));
  dispatch({ type: 'bitratesLoaded', streamId, points });
}
