import { describe, expect, it } from 'vitest';
import { endpoints } from '../../../main/contract/api/index.ts';
import { hashOf, parsePlace } from '../../../renderer/client/place.ts';
import { type RouteId, routes } from '../../../renderer/client/routes.ts';

describe('the routes the page calls', () => {
  it.each(Object.keys(routes) as RouteId[])('%s is where the contract says', (id) => {
    const { method, path } = endpoints[id];
    expect(routes[id]).toEqual([method, path]);
  });
});

describe('the places of the page', () => {
  it.each([
    ['', { kind: 'home' }],
    ['#/new', { kind: 'new' }],
    ['#/streams/str_1', { kind: 'stream', streamId: 'str_1' }],
    ['#/streams/../../api', { kind: 'home' }],
    ['#/streams/<img>', { kind: 'home' }],
  ] as const)('%s', (hash, place) => expect(parsePlace(hash)).toEqual(place));

  it('leads back to where it came from', () => {
    const place = { kind: 'stream', streamId: 'str_4k2m' } as const;
    expect(parsePlace(hashOf(place))).toEqual(place);
  });
});
