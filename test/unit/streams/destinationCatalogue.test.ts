import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { destinationSchema } from '../../../main/contract/api/destinations.ts';
import { destinationCatalogueSchema } from '../../../main/contract/destinations.ts';
import { outputSchema } from '../../../main/contract/outputs.ts';
import {
  destinationCatalogue,
  findService,
  listDestinations,
  serviceOf,
} from '../../../main/streams/destinationCatalogue.ts';
import { validateAgainstService } from '../../../main/streams/serviceLimits.ts';

const { services } = destinationCatalogue();
const resource = (name: string): string =>
  readFileSync(new URL(`../../../resources/${name}`, import.meta.url), 'utf8');

describe('the catalogue', () => {
  it('has the services that people stream to', () => {
    expect(services.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'youtube',
        'youtube-hls',
        'twitch',
        'facebook',
        'kick',
        'tiktok',
        'x',
        'linkedin',
        'rumble',
        'trovo',
        'instagram',
        'custom',
      ]),
    );
    expect(new Set(services.map(({ id }) => id)).size).toBe(services.length);
  });

  it('has the JSON schema that belongs to it, for editors', () => {
    expect(JSON.parse(resource('destinations.schema.json'))).toEqual(
      z.toJSONSchema(destinationCatalogueSchema, { io: 'input' }),
    );
  });

  it.each(services.map((service) => [service.id, service] as const))(
    '%s says how to get there',
    (_id, service) => {
      if (service.servers.length === 0) expect(service.addressHint).toMatch(/\w/);
      else expect(service.servers.some(({ isBackup }) => !isBackup)).toBe(true);
      const scheme = service.kind === 'hls-push' ? /^https:/ : /^rtmps?:/;
      for (const { url } of service.servers) expect(url).toMatch(scheme);
      if (service.isKeyNeeded) expect(service.keyHint).toMatch(/\w/);
    },
  );

  it.each(services.map((service) => [service.id, service] as const))(
    '%s does not contradict itself',
    (_id, service) => {
      for (const row of service.bitrates) {
        const { codec, height, fps, minKbps = 0, recommendedKbps, maxKbps = Number.POSITIVE_INFINITY } = row;
        const width = Math.round((height * 16) / 9);
        expect(minKbps).toBeLessThan(maxKbps);
        const bitrateKbps = recommendedKbps ?? Math.min(maxKbps, service.maxVideoBitrateKbps ?? maxKbps);
        const problems = validateAgainstService({ codec, width, height, fps, bitrateKbps }, service);
        expect(problems.filter(({ field }) => field !== 'width')).toEqual([]);
      }
    },
  );

  it('is shown by the API as its contract says', () => {
    for (const destination of listDestinations()) destinationSchema.parse(destination);
    expect(listDestinations().find(({ id }) => id === 'twitch')?.limits.maxVideoBitrateKbps).toBe(6000);
  });
});

describe('the service of an output', () => {
  it('is looked up by its id', () => {
    const output = outputSchema.parse({ type: 'rtmp', service: 'twitch', key: 'k' });
    expect(serviceOf(output)).toBe(findService('twitch'));
    expect(serviceOf(outputSchema.parse({ type: 'hls' }))).toBeNull();
  });

  it('that nobody knows is refused, with those that are known', () => {
    const output = outputSchema.parse({ type: 'rtmp', service: 'twich', key: 'k' });
    expect(() => serviceOf(output, 'output.2.')).toThrow(
      expect.objectContaining({
        code: 'request.invalid',
        field: 'output.2.service',
        hint: expect.stringContaining('twitch'),
      }),
    );
  });
});
