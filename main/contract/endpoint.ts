/**
 * One row per command and query of the engine. From the row follow the HTTP route, the scope check, the typed
 * client, the OpenAPI document, the reference page and the test "every row has one handler, every handler a row".
 * It is data: no code of the engine is reached from here.
 */
import { z } from 'zod';
import type { ErrorCode } from './errors.ts';

export const API_PREFIX = '/api/v1';
/** Each scope includes those before it. */
export const scopes = ['read', 'control', 'admin'] as const;
export const scopeSchema = z.enum(scopes);
export type Scope = z.infer<typeof scopeSchema>;

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  /** camelCase, from the closed list of verbs; the operationId of the OpenAPI document. */
  readonly id: string;
  readonly method: HttpMethod;
  /** Whole path with `{parameters}`. */
  readonly path: string;
  /** `none`: answered without a token. */
  readonly scope: Scope | 'none';
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly response: Response;
  readonly contentType: 'application/json' | 'text/plain';
  readonly status: number;
  /** What this endpoint itself may answer; those every endpoint may answer are in `commonErrors`. */
  readonly errors: readonly ErrorCode[];
  readonly summary: string;
  readonly description: string;
  readonly example: Example;
}

interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly response?: unknown;
}

export const noFields = z.strictObject({});
/** Nothing, or an empty object for clients that always send one. */
export const noBody = z.strictObject({}).optional();
/** An answer without a body (204). */
export const noContent = z.undefined();

type Optional = 'params' | 'query' | 'body' | 'contentType' | 'status' | 'errors' | 'description' | 'example';
type EndpointDefinition<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
> = Omit<Endpoint<P, Q, B, R>, Optional> & Partial<Pick<Endpoint<P, Q, B, R>, Optional>>;

/** Fills in what is usual: no parameters, no body, status 200, JSON. */
export function defineEndpoint<
  R extends z.ZodType,
  P extends z.ZodType = typeof noFields,
  Q extends z.ZodType = typeof noFields,
  B extends z.ZodType = typeof noBody,
>(row: EndpointDefinition<P, Q, B, R>): Endpoint<P, Q, B, R> {
  return {
    contentType: 'application/json',
    status: 200,
    errors: [],
    description: '',
    example: {},
    ...row,
    params: row.params ?? (noFields as unknown as P),
    query: row.query ?? (noFields as unknown as Q),
    body: row.body ?? (noBody as unknown as B),
  };
}

/** What a caller gives. */
export interface EndpointInput<E extends Endpoint> {
  params: z.input<E['params']>;
  query: z.input<E['query']>;
  body: z.input<E['body']>;
}
/** What a handler gets, parsed. */
export interface EndpointCall<E extends Endpoint> {
  params: z.output<E['params']>;
  query: z.output<E['query']>;
  body: z.output<E['body']>;
}
export type EndpointResponse<E extends Endpoint> = z.output<E['response']>;

/** Whether the same request can be sent again safely. Not without a token: keys belong to one. */
export function takesIdempotencyKey({ method, scope }: Endpoint): boolean {
  return method === 'POST' && scope !== 'none';
}

/** Errors that do not depend on the endpoint: the guard, the token, the shape of the request, bugs. */
export function commonErrors(endpoint: Endpoint): ErrorCode[] {
  const codes: ErrorCode[] = [
    'auth.host_refused',
    'auth.origin_refused',
    'request.rate_limited',
    'internal.unexpected',
  ];
  if (endpoint.scope !== 'none') codes.push('auth.required', 'auth.invalid', 'auth.scope_missing');
  codes.push('request.invalid');
  if (endpoint.method !== 'GET') codes.push('request.unsupported_media_type', 'request.too_large');
  if (takesIdempotencyKey(endpoint))
    codes.push('request.idempotency_conflict', 'request.idempotency_unknown');
  return codes;
}

/** Query fields of every list. */
export const pageQuery = {
  cursor: z
    .string()
    .max(200)
    .optional()
    .describe('"nextCursor" of the page before. Left out: the first page.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};

/** A page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('Null on the last page.'),
  });

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}
export interface PageQuery {
  cursor?: string | undefined;
  limit: number;
}

/** Ids as they stand in a path. */
export const idSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'is not an id');
