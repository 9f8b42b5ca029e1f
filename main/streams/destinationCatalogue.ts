/** The services streamware knows, read from resources/destinations.json. It only looks things up; the limits are judged in serviceLimits.ts. */
import { readFileSync } from 'node:fs';
import type { Destination } from '../contract/api/destinations.ts';
import {
  type DestinationCatalogue,
  destinationCatalogueSchema,
  type Service,
} from '../contract/destinations.ts';
import { StreamwareError } from '../contract/errors.ts';
import type { Output } from '../contract/outputs.ts';

const catalogueUrl = new URL('../../resources/destinations.json', import.meta.url);
let catalogue: DestinationCatalogue | null = null;

/** Reads the catalogue, once. Throws when the file that ships with streamware is damaged. */
export function destinationCatalogue(): DestinationCatalogue {
  catalogue ??= destinationCatalogueSchema.parse(JSON.parse(readFileSync(catalogueUrl, 'utf8')));
  return catalogue;
}

export function findService(id: string): Service | null {
  return destinationCatalogue().services.find((service) => service.id === id) ?? null;
}

/**
 * The service an output names, or null when it names none.
 * @param field path of the output for the refusal, such as `output.0.`
 * @throws `request.invalid` for a name that is not in the catalogue
 */
export function serviceOf(output: Output, field = ''): Service | null {
  if (!('service' in output) || output.service === undefined) return null;
  const service = findService(output.service);
  if (service) return service;
  const known = destinationCatalogue().services.map(({ id }) => id);
  throw new StreamwareError('request.invalid', {
    field: `${field}service`,
    detail: `There is no service "${output.service}".`,
    hint: `Known are ${known.join(', ')}.`,
  });
}

/** The catalogue as the API shows it. */
export function listDestinations(): Destination[] {
  return destinationCatalogue().services.map((service) => ({
    id: service.id,
    name: service.name,
    kind: service.kind,
    servers: service.servers,
    limits: {
      videoCodecs: service.videoCodecs,
      maxVideoBitrateKbps: service.maxVideoBitrateKbps ?? null,
      maxAudioBitrateKbps: service.maxAudioBitrateKbps ?? null,
      maxFps: service.maxFps ?? null,
      maxHeight: service.maxHeight ?? null,
      keyFrameIntervalSeconds: service.keyFrameIntervalSeconds?.recommended ?? null,
    },
    keyUrl: service.keyUrl ?? null,
  }));
}
