import { expect, test } from 'vitest';
import { Secret } from '../../../../../main/lib/secret.ts';
import { IngestKeys } from '../../../../../main/media/rtmp/ingest/ingestKeys.ts';
import type { IngestSlot } from '../../../../../main/media/rtmp/ingest/ingestSlot.ts';

const slot = (id: string): IngestSlot => ({
  id,
  accept: () => ({ push: () => undefined, end: () => undefined }),
});

test('a key leads to its slot, anything near it does not', () => {
  const keys = new IngestKeys();
  const [first, second] = [slot('first'), slot('second')];
  keys.add(new Secret('key-1'), first);
  keys.add(new Secret('ключ & ?#'), second);
  expect(keys.authorize('live', 'key-1')).toEqual({ kind: 'accept', slot: first });
  expect(keys.authorize('live', 'ключ & ?#')).toEqual({ kind: 'accept', slot: second });
  for (const wrong of ['', 'key-', 'key-11', 'KEY-1', 'key-1 ', 'key-1?x', '../key-1']) {
    expect(keys.authorize('live', wrong), wrong).toMatchObject({ kind: 'refuse' });
  }
  expect(keys.authorize('other', 'key-1')).toMatchObject({ kind: 'refuse' });
});

test('a closed key is refused, and can be opened again', () => {
  const keys = new IngestKeys();
  const close = keys.add(new Secret('key'), slot('first'));
  expect(() => keys.add(new Secret('key'), slot('second'))).toThrow(
    expect.objectContaining({ code: 'request.invalid', field: 'input.key' }),
  );
  close();
  close();
  expect(keys.authorize('live', 'key')).toMatchObject({ kind: 'refuse' });
  keys.add(new Secret('key'), slot('third'));
  expect(keys.authorize('live', 'key')).toMatchObject({ kind: 'accept', slot: { id: 'third' } });
});

test('no answer repeats the key', () => {
  const keys = new IngestKeys();
  keys.add(new Secret('right'), slot('first'));
  for (const app of ['live', 'SECRETx7']) {
    expect(JSON.stringify(keys.authorize(app, 'SECRETx7'))).not.toContain('SECRETx7');
  }
});
