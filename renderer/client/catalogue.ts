import { useEffect, useState } from 'react';
import type { Destination } from '../../main/contract/api/destinations.ts';
import { call } from './api.ts';

let loaded: readonly Destination[] = [];

/** The services the engine knows; empty until they are loaded, and when they cannot be: any address works without. */
export function useCatalogue(): readonly Destination[] {
  const [catalogue, setCatalogue] = useState(loaded);
  useEffect(() => {
    if (loaded.length > 0) return;
    call('listDestinations')
      .then(({ items }) => {
        loaded = items;
        setCatalogue(items);
      })
      .catch(() => undefined); // Asked again when a form is opened the next time.
  }, []);
  return catalogue;
}
