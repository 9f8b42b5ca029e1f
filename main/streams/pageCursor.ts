import { z } from 'zod';
import type { Page, PageQuery } from '../contract/endpoint.ts';
import { StreamwareError } from '../contract/errors.ts';

type Position = readonly (string | number)[];
const positionSchema = z.array(z.union([z.string(), z.number()]));

/**
 * A cursor is the position of the last item of a page: what is added or removed meanwhile never shifts a page.
 * @throws `request.invalid` for a text that is none of ours
 */
export function readCursor(cursor: string | undefined, length: number): Position | null {
  if (cursor === undefined) return null;
  try {
    const position = positionSchema
      .length(length)
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return position;
  } catch (cause) {
    throw new StreamwareError('request.invalid', {
      field: 'cursor',
      detail: 'cursor is not one of a page before',
      cause,
    });
  }
}

/** The page of a query that was asked for one row more than `limit`. */
export function toPage<Item>(
  items: readonly Item[],
  query: PageQuery,
  positionOf: (item: Item) => Position,
): Page<Item> {
  const page = items.slice(0, query.limit);
  const last = page.at(-1);
  const hasMore = items.length > query.limit && last !== undefined;
  return { items: page, nextCursor: hasMore ? writeCursor(positionOf(last)) : null };
}

function writeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
}
