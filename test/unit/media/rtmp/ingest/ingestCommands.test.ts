import { expect, test } from 'vitest';
import type { Amf0Value } from '../../../../../main/media/rtmp/amf0.ts';
import { decideCommand } from '../../../../../main/media/rtmp/ingest/ingestCommands.ts';

const decide = (name: string, ...values: Amf0Value[]) => decideCommand({ name, transactionId: 2, values });

test('connect tells the application and who calls, cut to what can be printed', () => {
  expect(decide('connect', { app: 'live', flashVer: 'FMLE/3.0\n\u202e' })).toEqual({
    kind: 'connect',
    app: 'live',
    encoder: 'FMLE/3.0',
  });
  expect(decide('connect', { app: 'live', flashVer: 'x'.repeat(1_000) })).toMatchObject({
    encoder: 'x'.repeat(64),
  });
  expect(decide('connect', null)).toEqual({ kind: 'connect', app: '', encoder: '' });
  expect(decide('connect', { app: 7 })).toMatchObject({ app: '' });
  expect(decide('connect', { app: 'ż'.repeat(1_025) })).toMatchObject({ kind: 'rejectConnect' });
});

test('publish takes a usable name and nothing else', () => {
  expect(decide('publish', null, 'key', 'live')).toEqual({ kind: 'publish', name: 'key' });
  expect(decide('publish', null, 'k'.repeat(2_048))).toMatchObject({ name: 'k'.repeat(2_048) });
  for (const unusable of ['k'.repeat(2_049), 5, null, undefined, { key: 1 }]) {
    expect(decide('publish', null, unusable)).toEqual({ kind: 'publish', name: '' });
  }
  expect(decide('publish', null, false)).toEqual({ kind: 'unpublish' });
});

test.each([
  ['releaseStream', { kind: 'answer' }],
  ['FCPublish', { kind: 'answer' }],
  ['_checkbw', { kind: 'answer' }],
  ['getStreamLength', { kind: 'answer', value: 0 }],
  ['createStream', { kind: 'createStream' }],
  ['FCUnpublish', { kind: 'unpublish' }],
  ['deleteStream', { kind: 'unpublish' }],
  ['closeStream', { kind: 'unpublish' }],
  ['play', { kind: 'refusePlay' }],
  ['_result', { kind: 'ignore' }],
  ['constructor', { kind: 'unknown' }],
])('%s', (name, expected) => {
  expect(decide(name, null, 'key')).toEqual(expected);
});
