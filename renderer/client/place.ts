/** Which screen is open. It stands behind the `#`, so that reload, back and bookmarks work without the engine knowing. */
export type Place = { kind: 'home' } | { kind: 'new' } | { kind: 'stream'; streamId: string };

export function parsePlace(hash: string): Place {
  const streamId = /^#\/streams\/(?<id>[\w-]{1,64})$/.exec(hash)?.groups?.id;
  if (streamId !== undefined) return { kind: 'stream', streamId };
  return hash === '#/new' ? { kind: 'new' } : { kind: 'home' };
}

export function hashOf(place: Place): string {
  if (place.kind === 'stream') return `#/streams/${place.streamId}`;
  return place.kind === 'new' ? '#/new' : '#/';
}
