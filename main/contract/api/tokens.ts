/** Tokens for programs and plugins, and the session of a browser. */
import { z } from 'zod';
import { API_PREFIX, defineEndpoint, idSchema, noContent, scopeSchema } from '../endpoint.ts';
import { nameSchema } from '../names.ts';

export const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  scope: scopeSchema,
  plugin: z.string().nullable().describe('The plugin it was made for.'),
  kind: z.enum(['local', 'program', 'browser']).describe('local: the one in the file api-token.'),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
  lastUsedAt: z.number().nullable().describe('To the minute.'),
});
export type TokenInfo = z.infer<typeof tokenSchema>;

const tokenExample: TokenInfo = {
  id: 'tok_2m9x7c0a4k',
  name: 'Stream Deck',
  scope: 'control',
  plugin: 'stream-deck',
  kind: 'program',
  createdAt: Date.UTC(2025, 4, 2),
  expiresAt: null,
  lastUsedAt: null,
};

const createTokenSchema = z.strictObject({
  name: nameSchema.max(100).default('Token'),
  scope: scopeSchema,
  plugin: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'may have small letters, digits and - only')
    .optional(),
  expiresInDays: z.int().min(1).max(3650).optional(),
});
export type CreateToken = z.output<typeof createTokenSchema>;

export const listTokens = defineEndpoint({
  id: 'listTokens',
  method: 'GET',
  path: `${API_PREFIX}/tokens`,
  scope: 'admin',
  response: z.object({ items: z.array(tokenSchema) }),
  summary: 'List tokens, without their values',
  example: { response: { items: [tokenExample] } },
});

export const createToken = defineEndpoint({
  id: 'createToken',
  method: 'POST',
  path: `${API_PREFIX}/tokens`,
  scope: 'admin',
  body: createTokenSchema,
  response: tokenSchema.extend({ token: z.string().describe('Shown this once; only its hash is kept.') }),
  status: 201,
  errors: ['store.unavailable'],
  summary: 'Create a token',
  example: { body: { name: 'Stream Deck', scope: 'control', plugin: 'stream-deck' } },
});

export const deleteToken = defineEndpoint({
  id: 'deleteToken',
  method: 'DELETE',
  path: `${API_PREFIX}/tokens/{tokenId}`,
  scope: 'admin',
  params: z.strictObject({ tokenId: idSchema }),
  response: noContent,
  status: 204,
  errors: ['token.not_found', 'store.unavailable'],
  summary: 'Revoke a token',
  description: 'Takes effect at once; WebSocket connections opened with it are closed.',
});

export const getSession = defineEndpoint({
  id: 'getSession',
  method: 'GET',
  path: `${API_PREFIX}/session`,
  scope: 'read',
  response: tokenSchema,
  summary: 'Get who I am and what I may do',
  example: { response: tokenExample },
});

export const createSession = defineEndpoint({
  id: 'createSession',
  method: 'POST',
  path: `${API_PREFIX}/session`,
  scope: 'none',
  body: z.strictObject({ token: z.string().max(200) }),
  response: tokenSchema,
  status: 201,
  errors: ['auth.invalid'],
  summary: 'Sign a browser in with a token',
  description: 'Sets a cookie that script cannot read and that only the studio page can use.',
});

export const deleteSession = defineEndpoint({
  id: 'deleteSession',
  method: 'DELETE',
  path: `${API_PREFIX}/session`,
  scope: 'read',
  response: noContent,
  status: 204,
  summary: 'Sign this browser out',
});
