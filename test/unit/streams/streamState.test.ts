import { expect, it } from 'vitest';
import { type StreamFacts, streamState } from '../../../main/streams/streamState.ts';

const live: StreamFacts = { order: 'live', onAir: 'source', isRunning: true, hasFailed: false };

it.each([
  ['live', live],
  ['starting', { ...live, onAir: 'none' }],
  ['slate', { ...live, onAir: 'slate' }],
  ['stopping', { ...live, order: 'stopped' }],
  ['stopped', { ...live, order: 'stopped', isRunning: false }],
  ['failed', { ...live, hasFailed: true }],
] satisfies [string, StreamFacts][])('is %s', (state, facts) => {
  expect(streamState(facts)).toBe(state);
});
