/** The OpenAPI 3.1 document, generated from the contract. Pure and deterministic: same contract, same text. */
import { z } from 'zod';
import { broadcastSchema } from '../../contract/api/broadcasts.ts';
import { destinationCheckSchema, destinationSchema } from '../../contract/api/destinations.ts';
import { doctorCheckSchema, engineInfoSchema } from '../../contract/api/engine.ts';
import { type EndpointId, endpointGroups, endpoints } from '../../contract/api/index.ts';
import { outputPatchSchema } from '../../contract/api/outputs.ts';
import { probeResultSchema } from '../../contract/api/probe.ts';
import { clipSchema } from '../../contract/api/replay.ts';
import { createStreamSchema, healthHistorySchema } from '../../contract/api/streams.ts';
import { tokenSchema } from '../../contract/api/tokens.ts';
import { commonErrors, type Endpoint, takesIdempotencyKey } from '../../contract/endpoint.ts';
import { type ErrorCode, errorRegistry, problemSchema } from '../../contract/errors.ts';
import { inputSchema } from '../../contract/inputs.ts';
import { outputSchema } from '../../contract/outputs.ts';
import { processingStepSchema, renditionSchema } from '../../contract/processing.ts';
import {
  outputStatusSchema,
  qualityRequestSchema,
  streamHealthSchema,
  streamSchema,
  timelineEventSchema,
} from '../../contract/streams.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Schemas with a name of their own in the document. */
const named: readonly (readonly [string, z.ZodType])[] = [
  ['StreamConfig', createStreamSchema],
  ['Input', inputSchema],
  ['ProcessingStep', processingStepSchema],
  ['Output', outputSchema],
  ['OutputPatch', outputPatchSchema],
  ['Rendition', renditionSchema],
  ['QualityRequest', qualityRequestSchema],
  ['Stream', streamSchema],
  ['OutputStatus', outputStatusSchema],
  ['StreamHealth', streamHealthSchema],
  ['HealthHistory', healthHistorySchema],
  ['TimelineEvent', timelineEventSchema],
  ['Broadcast', broadcastSchema],
  ['Destination', destinationSchema],
  ['DestinationCheck', destinationCheckSchema],
  ['ProbeResult', probeResultSchema],
  ['Clip', clipSchema],
  ['Token', tokenSchema],
  ['EngineInfo', engineInfoSchema],
  ['DoctorCheck', doctorCheckSchema],
  ['Problem', problemSchema],
];

export function buildOpenApi(version: string, cookieName = 'streamware_session'): JsonObject {
  const components: JsonObject = {};
  const paths: { [path: string]: JsonObject } = {};
  for (const { name, ids } of endpointGroups) {
    for (const id of ids) {
      const endpoint: Endpoint = endpoints[id];
      const methods = paths[endpoint.path] ?? {};
      methods[endpoint.method.toLowerCase()] = operation(name, id, endpoint, components);
      paths[endpoint.path] = methods;
    }
  }
  // Also the ones no operation names by itself.
  for (const [name, schema] of named) components[name] ??= schemaOf(schema, 'output', components, true);
  return {
    openapi: '3.1.0',
    info: {
      title: 'streamware',
      version,
      description:
        'Start, steer and watch live streams. Events come over the WebSocket at /v1/streams; HLS is served below /live.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This engine' }],
    tags: endpointGroups.map(({ name }) => ({ name })),
    paths,
    components: {
      schemas: sorted(components),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of scope read, control or admin; each includes those before it.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: cookieName,
          description: 'Of the studio page; changes need its own Origin.',
        },
      },
    },
  };
}

function operation(group: string, id: EndpointId, endpoint: Endpoint, components: JsonObject): JsonObject {
  const { summary, description, scope, body, example } = endpoint;
  const bodySchema = schemaOf(body, 'input', components);
  const hasBody = endpoint.method !== 'GET' && endpoint.method !== 'DELETE' && !isEmptyObject(bodySchema);
  return {
    operationId: id,
    tags: [group],
    summary,
    ...(description === '' ? {} : { description }),
    ...(scope === 'none'
      ? { security: [] }
      : { security: [{ token: [] }, { session: [] }], 'x-scope': scope }),
    parameters: parametersOf(endpoint, components),
    ...(hasBody
      ? {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: bodySchema,
                ...(example.body === undefined ? {} : { example: toJson(example.body) }),
              },
            },
          },
        }
      : {}),
    responses: responsesOf(endpoint, components),
  };
}

function parametersOf(endpoint: Endpoint, components: JsonObject): Json[] {
  const places = [
    ['path', endpoint.params],
    ['query', endpoint.query],
  ] as const;
  const parameters = places.flatMap(([place, schema]) => {
    const { properties = {}, required = [] } = schemaOf(schema, 'input', components) as {
      properties?: JsonObject;
      required?: string[];
    };
    return Object.entries(properties).map(([name, property]): Json => {
      const { description, ...rest } = property as JsonObject;
      const isRequired = place === 'path' || required.includes(name);
      return {
        name,
        in: place,
        required: isRequired,
        ...(description === undefined ? {} : { description }),
        schema: rest,
      };
    });
  });
  if (!takesIdempotencyKey(endpoint)) return parameters;
  return [
    ...parameters,
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description:
        'The same key with the same request is carried out once within a day, also when the engine was restarted in between.',
      schema: { type: 'string', maxLength: 255 },
    },
  ];
}

function responsesOf(endpoint: Endpoint, components: JsonObject): JsonObject {
  const success: JsonObject = { description: endpoint.summary };
  if (endpoint.status !== 204) {
    const { response } = endpoint.example;
    const schema = schemaOf(endpoint.response, 'output', components);
    success.content = {
      [endpoint.contentType]: { schema, ...(response === undefined ? {} : { example: toJson(response) }) },
    };
  }
  const responses: JsonObject = { [String(endpoint.status)]: success };
  for (const [status, codes] of errorsByStatus(endpoint)) {
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${errorRegistry[code].title}.`).join('\n'),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return responses;
}

/** The errors an endpoint may answer, its own first, by HTTP status. */
export function errorsByStatus(endpoint: Endpoint): [string, ErrorCode[]][] {
  const byStatus = new Map<string, ErrorCode[]>();
  for (const code of new Set([...endpoint.errors, ...commonErrors(endpoint)])) {
    const status = String(errorRegistry[code].status);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return [...byStatus].sort(([a], [b]) => a.localeCompare(b));
}

/** JSON Schema of a zod schema; the named schemas inside become components. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', components: JsonObject, isRoot = false): Json {
  if (schema instanceof z.ZodUndefined) return {};
  const names = z.registry<{ id: string }>();
  for (const [id, namedSchema] of named) {
    if (!isRoot || namedSchema !== schema) names.add(namedSchema, { id });
  }
  const direction = io === 'output' && hasTransform(schema) ? 'input' : io;
  const made = z.toJSONSchema(schema, {
    io: direction,
    unrepresentable: 'any',
    metadata: names as unknown as typeof z.globalRegistry,
    override: ({ zodSchema, jsonSchema }: Overridden): void => {
      const description = z.globalRegistry.get(zodSchema)?.description;
      if (description !== undefined && jsonSchema.$ref === undefined) jsonSchema.description ??= description;
      // Answers may gain fields later; only what is written as strict is closed.
      if (zodSchema instanceof z.ZodObject && zodSchema.def.catchall === undefined)
        delete jsonSchema.additionalProperties;
    },
  });
  const { $schema: _dialect, $defs = {}, ...own } = JSON.parse(JSON.stringify(made)) as JsonObject;
  for (const [name, definition] of Object.entries($defs as JsonObject))
    components[name] ??= relink(withoutId(definition));
  const id = own.id;
  if (typeof id !== 'string') return relink(own);
  components[id] ??= relink(withoutId(own));
  return { $ref: `#/components/schemas/${id}` };
}

type Overridden = Parameters<NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>>[0];

function hasTransform(schema: z.ZodType): boolean {
  try {
    z.toJSONSchema(schema, { io: 'output' });
    return false;
  } catch {
    // What is transformed has no schema on its far side; the near side is what a caller writes.
    return true;
  }
}

function relink(value: Json): Json {
  if (Array.isArray(value)) return value.map(relink);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : relink(inner),
    ]),
  );
}

function withoutId(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { id: _id, ...rest } = value;
  return rest;
}

function isEmptyObject(schema: Json): boolean {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return true;
  return (
    schema.$ref === undefined &&
    Object.keys((schema.properties as JsonObject | undefined) ?? {}).length === 0 &&
    schema.oneOf === undefined
  );
}

function sorted(components: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(components).sort(([a], [b]) => a.localeCompare(b)));
}

function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
