import { describe, expect, it } from 'vitest';
import { newToken, tokenIdOf } from '../../../../main/api/auth/tokenFormat.ts';
import { impliedScopes, TokenService } from '../../../../main/api/auth/tokenService.ts';
import { memoryTokenStore } from '../../../helpers/apiServer.ts';
import { createFakeClock } from '../../../helpers/fakeClock.ts';

const DAY_MS = 86_400_000;

function setUp() {
  const clock = createFakeClock();
  const store = memoryTokenStore();
  return { clock, store, tokens: new TokenService(store, clock) };
}

describe('TokenService', () => {
  it('knows a token it made, by its text alone', async () => {
    const { tokens, clock } = setUp();
    const { token, ...made } = await tokens.create({ name: 'Deck', scope: 'control', plugin: 'stream-deck' });
    expect(token).toMatch(/^sw_[0-9a-z]{10}_[A-Za-z0-9_-]{43}$/);
    expect(tokens.verify(token)).toEqual({ ...made, lastUsedAt: clock.nowMs() });
    expect(made).toMatchObject({
      name: 'Deck',
      scope: 'control',
      plugin: 'stream-deck',
      kind: 'program',
      expiresAt: null,
    });
  });

  it('keeps a hash and never the text', async () => {
    const { tokens, store } = setUp();
    const { token } = await tokens.create({ name: 'x', scope: 'read' });
    const kept = JSON.stringify([...store.records.values()]);
    expect(kept).not.toContain(token.slice(14));
    expect([...store.records.values()][0]?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(tokens.list())).not.toContain([...store.records.values()][0]?.hash);
  });

  it('refuses everything else alike', async () => {
    const { tokens } = setUp();
    const { token } = await tokens.create({ name: 'x', scope: 'read' });
    const other = await tokens.create({ name: 'y', scope: 'admin' });
    const wrong = [
      '',
      'x',
      `${token}x`,
      token.slice(0, -1),
      `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
      `${token.slice(0, 14)}${other.token.slice(14)}`,
      newToken().text,
      'sw___proto___________________________________________________',
    ];
    for (const text of wrong) expect(tokens.verify(text)).toBeNull();
  });

  it('remembers across a restart', async () => {
    const { tokens, store, clock } = setUp();
    const { token } = await tokens.create({ name: 'x', scope: 'read' });
    const later = new TokenService(store, clock);
    expect(later.verify(token)).toBeNull();
    await later.load();
    expect(later.verify(token)).toMatchObject({ name: 'x' });
  });

  it('revokes at once, even when the store cannot', async () => {
    const { store, clock } = setUp();
    const tokens = new TokenService(
      { ...store, remove: async () => Promise.reject(new Error('disk gone')) },
      clock,
    );
    const { token, id } = await tokens.create({ name: 'x', scope: 'read' });
    const revoked: string[] = [];
    tokens.onRevoked((tokenId) => revoked.push(tokenId));
    await expect(tokens.revoke(id)).rejects.toThrow('disk gone');
    expect(tokens.verify(token)).toBeNull();
    expect(tokens.isValid(id)).toBe(false);
    expect(revoked).toEqual([id]);
    await expect(tokens.revoke(id)).rejects.toMatchObject({ code: 'token.not_found' });
  });

  it('hands out nothing that could not be kept', async () => {
    const { store, clock } = setUp();
    const tokens = new TokenService(
      { ...store, insert: async () => Promise.reject(new Error('disk gone')) },
      clock,
    );
    await expect(tokens.create({ name: 'x', scope: 'read' })).rejects.toThrow('disk gone');
    expect(tokens.list()).toEqual([]);
  });

  it('lets this computer and its browser in also when the store is away', async () => {
    const { store, clock } = setUp();
    const lost: unknown[] = [];
    const away = { ...store, insert: async () => Promise.reject(new Error('disk gone')) };
    const tokens = new TokenService(away, clock, (error) => lost.push(error));
    expect(tokens.verify(await tokens.createLocal())).toMatchObject({ kind: 'local' });
    expect(tokens.verify((await tokens.createSession('Firefox', 'admin')).token)).toMatchObject({
      kind: 'browser',
    });
    expect(lost).toHaveLength(2);
  });

  it('loads what is still meant to be, when the store comes back', async () => {
    const { store, clock } = setUp();
    const before = new TokenService(store, clock);
    const kept = await before.create({ name: 'kept', scope: 'read' });
    const gone = await before.create({ name: 'gone', scope: 'read', expiresInDays: 1 });
    const oldLocal = await before.createLocal();
    clock.jumpWallClock(DAY_MS);
    const tokens = new TokenService(store, clock);
    const local = await tokens.createLocal();
    await tokens.load();
    expect([kept.token, gone.token, oldLocal, local].map((text) => tokens.verify(text) !== null)).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(store.records.size).toBe(2);
  });

  it('ends a token at its date, and tells', async () => {
    const { tokens, clock } = setUp();
    const { token, id } = await tokens.create({ name: 'x', scope: 'read', expiresInDays: 1 });
    const revoked: string[] = [];
    tokens.onRevoked((tokenId) => revoked.push(tokenId));
    clock.jumpWallClock(DAY_MS - 1);
    expect(tokens.verify(token)).not.toBeNull();
    clock.jumpWallClock(1);
    expect(tokens.verify(token)).toBeNull();
    expect(tokens.list()).toEqual([]);
    expect(revoked).toEqual([id]);
  });

  it('keeps a browser signed in for 30 days after its last use', async () => {
    const { tokens, clock } = setUp();
    const { token } = await tokens.createSession('Firefox on Linux', 'admin');
    for (let use = 0; use < 3; use++) {
      clock.jumpWallClock(29 * DAY_MS);
      expect(tokens.verify(token)).toMatchObject({ kind: 'browser' });
    }
    clock.jumpWallClock(30 * DAY_MS);
    expect(tokens.verify(token)).toBeNull();
  });

  it('writes the last use once a minute, not per request', async () => {
    const { store, clock } = setUp();
    let saves = 0;
    const tokens = new TokenService(
      {
        ...store,
        touch: () => {
          saves += 1;
        },
      },
      clock,
    );
    const { token } = await tokens.create({ name: 'x', scope: 'read' });
    for (let request = 0; request < 100; request++) tokens.verify(token);
    expect(saves).toBe(1);
    clock.jumpWallClock(60_000);
    tokens.verify(token);
    expect(saves).toBe(2);
  });

  it('lets each scope include those before it', () => {
    expect(impliedScopes('admin')).toEqual(['read', 'control', 'admin']);
    expect(impliedScopes('control')).toEqual(['read', 'control']);
    expect(impliedScopes('read')).toEqual(['read']);
  });

  it('makes tokens that differ and name their record', () => {
    const made = Array.from({ length: 100 }, newToken);
    expect(new Set(made.map(({ text }) => text)).size).toBe(100);
    for (const { id, text } of made) expect(tokenIdOf(text)).toBe(id);
  });
});
