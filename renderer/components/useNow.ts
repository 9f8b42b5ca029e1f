import { useSyncExternalStore } from 'react';
import { engineNow } from '../client/engineClock.ts';

let now = engineNow();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** The engine's time, epoch ms, renewed every second: one beat for all clocks and countdowns of the page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(beat, 1000);
  beat();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function beat(): void {
  now = engineNow();
  for (const listener of listeners) listener();
}
