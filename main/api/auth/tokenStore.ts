/** Tokens in the database. The service holds them in memory; this only makes them last, and brings both together again after an outage. */
import { z } from 'zod';
import { tokenSchema } from '../../contract/api/tokens.ts';
import { toStreamwareError } from '../../contract/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Store } from '../../store/store.ts';
import { type TokenRecord, TokenService, type TokenStore } from './tokenService.ts';

const columns = 'id, name, scope, plugin, kind, hash, created_at, expires_at, last_used_at';

const tokenRow = z
  .object({
    id: z.string(),
    name: z.string(),
    scope: tokenSchema.shape.scope,
    plugin: z.string().nullable(),
    kind: tokenSchema.shape.kind,
    hash: z.string(),
    created_at: z.number(),
    expires_at: z.number().nullable(),
    last_used_at: z.number().nullable(),
  })
  .transform(
    ({ created_at, expires_at, last_used_at, ...rest }): TokenRecord => ({
      ...rest,
      createdAt: created_at,
      expiresAt: expires_at,
      lastUsedAt: last_used_at,
    }),
  );

function createTokenStore(store: Store): TokenStore {
  return {
    load: async () =>
      z.array(tokenRow).parse(await store.all(`/* tokens.load */ SELECT ${columns} FROM tokens`)),
    async insert(record: TokenRecord): Promise<void> {
      const { id, name, scope, plugin, kind, hash, createdAt, expiresAt, lastUsedAt } = record;
      const values = [id, name, scope, plugin, kind, hash, createdAt, expiresAt, lastUsedAt];
      await store.run(
        `/* tokens.insert */ INSERT OR REPLACE INTO tokens (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        values,
      );
    },
    touch({ id, lastUsedAt, expiresAt }: TokenRecord): void {
      store.enqueue('/* tokens.touch */ UPDATE tokens SET last_used_at = ?, expires_at = ? WHERE id = ?', [
        lastUsedAt,
        expiresAt,
        id,
      ]);
    },
    async remove(tokenId: string): Promise<void> {
      const sql = '/* tokens.remove */ DELETE FROM tokens WHERE id = ?';
      try {
        await store.run(sql, [tokenId]);
      } catch (error) {
        // It is revoked already; the record goes as soon as anything can be written.
        store.enqueue(sql, [tokenId], 'event');
        throw error;
      }
    },
  };
}

/**
 * The tokens of this engine, ready to use. A database that is away does not keep the engine from starting: the tokens
 * in it are taken up when it is back.
 */
export async function openTokens(store: Store, clock: Clock, logger: Logger): Promise<TokenService> {
  const note =
    (message: string) =>
    (error: unknown): void =>
      logger.warn(message, { code: toStreamwareError(error).code });
  const tokens = new TokenService(
    createTokenStore(store),
    clock,
    note('a token could not be kept; it works until the engine ends'),
  );
  let isLoaded = false;
  const load = async (): Promise<void> => {
    await tokens.load();
    isLoaded = true;
  };
  await load().catch(note('the tokens cannot be read yet'));
  store.events.on('statusChanged', ({ state }) => {
    if (state === 'ok' && !isLoaded) void load().catch(note('the tokens cannot be read yet'));
  });
  store.events.on('replaced', () => void tokens.saveAll().catch(note('the tokens could not be saved again')));
  return tokens;
}
