import type { Page, PageQuery } from '../contract/endpoint.ts';
import type { Stream } from '../contract/streams.ts';
import { readCursor, toPage } from './pageCursor.ts';

/** A page of streams that are in memory, the newest first. */
export function pageOfNewest(streams: readonly Stream[], query: PageQuery): Page<Stream> {
  const sorted = streams.toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  const after = readCursor(query.cursor, 2);
  const rest = after ? sorted.filter((stream) => isBehind(stream, after)) : sorted;
  return toPage(rest.slice(0, query.limit + 1), query, ({ createdAt, id }) => [createdAt, id]);
}

function isBehind(stream: Stream, [createdAt, id]: readonly (string | number)[]): boolean {
  if (stream.createdAt !== createdAt) return stream.createdAt < Number(createdAt);
  return stream.id < String(id);
}
