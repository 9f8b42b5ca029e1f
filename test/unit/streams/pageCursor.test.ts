import { expect, it } from 'vitest';
import { readCursor, toPage } from '../../../main/streams/pageCursor.ts';

it('leads from page to page and ends', () => {
  const items = [
    { id: 'c', at: 3 },
    { id: 'b', at: 2 },
    { id: 'a', at: 1 },
  ];
  const page = toPage(items, { limit: 2 }, ({ at, id }) => [at, id]);
  expect(page.items.map(({ id }) => id)).toEqual(['c', 'b']);
  expect(readCursor(page.nextCursor ?? undefined, 2)).toEqual([2, 'b']);
  expect(toPage(items, { limit: 3 }, ({ at, id }) => [at, id]).nextCursor).toBeNull();
  expect(toPage([], { limit: 3 }, () => []).nextCursor).toBeNull();
});

it.each([
  '',
  'rubbish',
  'W10',
  Buffer.from('[1]').toString('base64url'),
  Buffer.from('[{},1]').toString('base64url'),
])('refuses a cursor that is none: %j', (cursor) => {
  expect(() => readCursor(cursor, 2)).toThrow(
    expect.objectContaining({ code: 'request.invalid', field: 'cursor' }),
  );
});

it('takes no cursor for the first page', () => {
  expect(readCursor(undefined, 2)).toBeNull();
});
