import { useSyncExternalStore } from 'react';
import { hashOf, type Place, parsePlace } from './place.ts';

export function usePlace(): Place {
  return parsePlace(useSyncExternalStore(subscribe, () => location.hash));
}

export function goTo(place: Place): void {
  location.hash = hashOf(place);
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}
