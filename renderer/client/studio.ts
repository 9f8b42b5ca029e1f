import { useSyncExternalStore } from 'react';
import type { Stream, TimelineEvent } from '../../main/contract/streams.ts';
import { ApiProblem, call } from './api.ts';
import { initialState, reduce, type StudioEvent, type StudioState } from './studioState.ts';

const RECONNECT_MS = 1000;
let state = initialState;
const listeners = new Set<() => void>();

function dispatch(event: StudioEvent): void {
  state = reduce(state, event);
  for (const listener of listeners) listener();
}

/** The studio's state; the component is drawn anew when it changes. */
export function useStudio(): StudioState {
  return useSyncExternalStore(subscribe, () => state);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follows the engine for as long as the page lives: all streams first, then every change; again after each lost connection. */
export async function followEngine(): Promise<void> {
  try {
    const page = await call<{ items: Stream[] }>('GET', '/streams?limit=100');
    dispatch({ type: 'streams', streams: page.items });
    openEvents();
  } catch (error) {
    const isRefused = error instanceof ApiProblem && error.problem.status === 401;
    dispatch({ type: 'connection', connection: isRefused ? 'refused' : 'offline' });
    if (!isRefused) setTimeout(() => void followEngine(), RECONNECT_MS);
  }
}

function openEvents(): void {
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/streams`);
  socket.onopen = () => {
    socket.send(JSON.stringify({ type: 'subscribe', types: [...handled] }));
    dispatch({ type: 'connection', connection: 'online' });
  };
  socket.onmessage = (message) => {
    const event = JSON.parse(String(message.data)) as StudioEvent & { type: string };
    if (handled.has(event.type)) dispatch(event);
  };
  socket.onclose = () => {
    dispatch({ type: 'connection', connection: 'offline' });
    setTimeout(() => void followEngine(), RECONNECT_MS);
  };
}

const handled = new Set(['streamChanged', 'streamDeleted', 'outputChanged', 'health', 'timelineEvent']);

export async function loadTimeline(streamId: string): Promise<void> {
  const page = await call<{ items: TimelineEvent[] }>('GET', `/streams/${streamId}/timeline?limit=100`);
  dispatch({ type: 'timeline', streamId, events: page.items });
}
