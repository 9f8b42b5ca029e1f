import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TokenService } from '../../main/api/auth/tokenService.ts';
import { openTokens } from '../../main/api/auth/tokenStore.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { nullLogger } from '../../main/lib/logger.ts';
import type { Store } from '../../main/store/store.ts';
import { openStore } from '../../main/store/storeClient.ts';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';

let folder: TempFolder;
let path: string;
const stores: Store[] = [];
beforeEach(() => {
  folder = createTempFolder('api-tokens');
  path = folder.file('streamware.sqlite');
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  folder.remove();
});

async function start(): Promise<{ store: Store; tokens: TokenService }> {
  const store = await openStore({ path, clock: systemClock, logger: nullLogger });
  stores.push(store);
  return { store, tokens: await openTokens(store, systemClock, nullLogger) };
}

describe('tokens in the database', () => {
  it('outlive the engine, with their last use; their text is nowhere', async () => {
    const first = await start();
    const { token, id } = await first.tokens.create({ name: 'Deck', scope: 'control', plugin: 'deck' });
    first.tokens.verify(token);
    const [listed] = first.tokens.list();
    await first.store.close();
    const second = await start();
    expect(second.tokens.list()).toEqual([listed]);
    expect(listed?.lastUsedAt).toEqual(expect.any(Number));
    expect(second.tokens.verify(token)).toMatchObject({ id, scope: 'control', plugin: 'deck' });
    expect(readFileSync(path).includes(token.slice(14))).toBe(false);
  });

  it('stay revoked, also when their last use was still to be written', async () => {
    const first = await start();
    const { token, id } = await first.tokens.create({ name: 'Deck', scope: 'read' });
    first.tokens.verify(token);
    await first.tokens.revoke(id);
    await first.store.flush();
    await first.store.close();
    const second = await start();
    expect(second.tokens.list()).toEqual([]);
    expect(second.tokens.verify(token)).toBeNull();
  });

  it('are revoked while the database is away, and gone from it when it is back', async () => {
    const first = await start();
    const { token, id } = await first.tokens.create({ name: 'Deck', scope: 'read' });
    const other = new Database(path);
    other.exec('BEGIN EXCLUSIVE');
    await expect(first.tokens.revoke(id)).rejects.toMatchObject({ code: 'store.unavailable' });
    expect(first.tokens.verify(token)).toBeNull();
    other.close();
    await first.store.flush();
    await first.store.close();
    const later = await start();
    expect(later.tokens.list()).toEqual([]);
  });
});
