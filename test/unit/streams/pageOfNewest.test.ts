import { expect, it } from 'vitest';
import type { Stream } from '../../../main/contract/streams.ts';
import { pageOfNewest } from '../../../main/streams/pageOfNewest.ts';

const streams = [3, 1, 2, 2].map((createdAt, index) => ({ id: `str_${index}`, createdAt })) as Stream[];

it('gives every stream once, newest first, whatever comes and goes between two pages', () => {
  const first = pageOfNewest(streams, { limit: 2 });
  expect(first.items.map(({ id }) => id)).toEqual(['str_0', 'str_3']);
  const withNewer = [...streams, { id: 'str_9', createdAt: 9 } as Stream].filter(({ id }) => id !== 'str_0');
  const second = pageOfNewest(withNewer, { limit: 2, cursor: first.nextCursor ?? undefined });
  expect(second.items.map(({ id }) => id)).toEqual(['str_2', 'str_1']);
  expect(second.nextCursor).toBeNull();
});

it('refuses a cursor that is not its own', () => {
  expect(() => pageOfNewest(streams, { limit: 2, cursor: 'x' })).toThrow(
    expect.objectContaining({ code: 'request.invalid', field: 'cursor' }),
  );
});
