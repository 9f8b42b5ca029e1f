import { describe, expect, it } from 'vitest';
import { streamExample } from '../../../main/contract/api/examples.ts';
import {
  clientMessageSchema,
  defaultEventTypes,
  engineEventSchema,
  eventTypes,
} from '../../../main/contract/events.ts';

describe('WebSocket messages', () => {
  it('default to types that exist', () => {
    expect(eventTypes).toEqual(expect.arrayContaining([...defaultEventTypes]));
  });

  it('carry a stream as the REST answer does', () => {
    const event = { type: 'streamChanged', at: 1, streamId: streamExample.id, stream: streamExample };
    expect(engineEventSchema.parse(event)).toEqual(event);
  });

  it.each([
    ['an unknown type', { type: 'start' }],
    ['an unknown event', { type: 'subscribe', types: ['chat'] }],
    ['a field too many', { type: 'ping', x: 1 }],
    ['too fast a pace', { type: 'subscribe', everyMs: 10 }],
  ])('refuse %s', (_name, message) => {
    expect(clientMessageSchema.safeParse(message).success).toBe(false);
  });

  it('fill in what a bare subscribe leaves out', () => {
    expect(clientMessageSchema.parse({ type: 'subscribe' })).toEqual({
      type: 'subscribe',
      id: 'default',
      everyMs: 1000,
    });
  });
});
