/**
 * Who may use the engine. All tokens are held in memory, so that a request is checked without the database,
 * also while the database is away; the store only makes them last.
 */
import type { CreateToken, TokenInfo } from '../../contract/api/tokens.ts';
import { type Scope, scopes } from '../../contract/endpoint.ts';
import { StreamwareError } from '../../contract/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { Emitter } from '../../lib/emitter.ts';
import { hashToken, isSameHash, type NewToken, newToken, tokenIdOf } from './tokenFormat.ts';

/** A token as it is kept. */
export interface TokenRecord extends TokenInfo {
  /** SHA-256 of the token, hex. */
  hash: string;
}

/** Where tokens last. */
export interface TokenStore {
  load(): Promise<TokenRecord[]>;
  /** Or replaces the one with the same id. */
  insert(record: TokenRecord): Promise<void>;
  /** Last use and end, written some time later; a record that is gone stays gone. */
  touch(record: TokenRecord): void;
  remove(tokenId: string): Promise<void>;
}

const DAY_MS = 86_400_000;
/** A browser that was not used for this long has to sign in again. */
const SESSION_IDLE_MS: number = 30 * DAY_MS;
/** `lastUsedAt` is written at most this often. */
const TOUCH_EVERY_MS = 60_000;
const NO_HASH = hashToken('');

export class TokenService {
  readonly #store: TokenStore;
  readonly #clock: Clock;
  readonly #onLost: (error: unknown) => void;
  readonly #records = new Map<string, TokenRecord>();
  /** What the store may still have, because it could not be written. */
  readonly #revoked = new Set<string>();
  readonly #events = new Emitter<{ revoked: string }>();

  /** @param onLost told when a token could not be kept that works all the same, until the engine ends */
  constructor(store: TokenStore, clock: Clock, onLost: (error: unknown) => void = () => undefined) {
    this.#store = store;
    this.#clock = clock;
    this.#onLost = onLost;
  }

  /** Reads the kept tokens. Call before use, and again when the store could not be read then. */
  async load(): Promise<void> {
    const hasLocal = [...this.#records.values()].some(({ kind }) => kind === 'local');
    for (const record of await this.#store.load()) {
      if (this.#records.has(record.id)) continue;
      const isOutdated =
        this.#isExpired(record) || this.#revoked.has(record.id) || (hasLocal && record.kind === 'local');
      if (isOutdated) await this.#store.remove(record.id);
      else this.#records.set(record.id, record);
    }
  }

  /** Writes all tokens into a store that has lost them. */
  async saveAll(): Promise<void> {
    for (const record of this.#records.values()) await this.#store.insert(record);
  }

  /** Called with the id of every token that is revoked or found expired. */
  onRevoked(listener: (tokenId: string) => void): () => void {
    return this.#events.on('revoked', listener);
  }

  list(): TokenInfo[] {
    const records = [...this.#records.values()].filter((record) => !this.#isExpired(record));
    return records.sort((a, b) => a.createdAt - b.createdAt).map(withoutHash);
  }

  /** @returns the token's text, which is not kept, and what is known about it */
  async create(request: CreateToken): Promise<TokenInfo & { token: string }> {
    const { name, scope, plugin = null, expiresInDays } = request;
    const expiresAt = expiresInDays === undefined ? null : this.#clock.nowMs() + expiresInDays * DAY_MS;
    const token = newToken();
    return {
      ...(await this.#add(token, { name, scope, plugin, kind: 'program', expiresAt })),
      token: token.text,
    };
  }

  /** A token for one browser; it ends after 30 days without use. */
  async createSession(name: string, scope: Scope): Promise<TokenInfo & { token: string }> {
    const token = newToken();
    const expiresAt = this.#clock.nowMs() + SESSION_IDLE_MS;
    return {
      ...(await this.#add(token, { name, scope, plugin: null, kind: 'browser', expiresAt })),
      token: token.text,
    };
  }

  /**
   * The token of the api-token file.
   * @param text of one that exists already and is to be made known again; left out: a new one is made
   * @returns its text
   */
  async createLocal(text?: string): Promise<string> {
    const id = tokenIdOf(text ?? '');
    const token = text === undefined || id === null ? newToken() : { id, text, hash: hashToken(text) };
    await this.#add(token, {
      name: 'This computer',
      scope: 'admin',
      plugin: null,
      kind: 'local',
      expiresAt: null,
    });
    return token.text;
  }

  /**
   * The token's record, when it is valid.
   * @returns null for a text that is no token, an unknown one, a revoked one and an expired one alike
   */
  verify(text: string): TokenInfo | null {
    const record = this.#records.get(tokenIdOf(text) ?? '');
    const isSame = isSameHash(hashToken(text), record?.hash ?? NO_HASH);
    if (!record || !isSame) return null;
    if (this.#isExpired(record)) {
      this.#events.emit('revoked', record.id);
      return null;
    }
    this.#touch(record);
    return withoutHash(record);
  }

  /** Whether a token that was valid before still is. */
  isValid(tokenId: string): boolean {
    const record = this.#records.get(tokenId);
    return record !== undefined && !this.#isExpired(record);
  }

  /** @throws `token.not_found` */
  async revoke(tokenId: string): Promise<TokenInfo> {
    const record = this.#records.get(tokenId);
    if (!record) throw new StreamwareError('token.not_found');
    // In effect before it is kept: a database that is away must not keep a token alive.
    this.#records.delete(tokenId);
    this.#revoked.add(tokenId);
    this.#events.emit('revoked', tokenId);
    await this.#store.remove(tokenId);
    return withoutHash(record);
  }

  async #add(
    token: NewToken,
    facts: Pick<TokenInfo, 'name' | 'scope' | 'plugin' | 'kind' | 'expiresAt'>,
  ): Promise<TokenInfo> {
    const record: TokenRecord = {
      id: token.id,
      ...facts,
      createdAt: this.#clock.nowMs(),
      lastUsedAt: null,
      hash: token.hash,
    };
    // What a person will rely on for long must be kept. This computer and its browser must get in without the database too.
    if (record.kind === 'program') await this.#store.insert(record);
    else await this.#store.insert(record).catch((error: unknown) => this.#onLost(error));
    this.#records.set(record.id, record);
    return withoutHash(record);
  }

  #isExpired(record: TokenRecord): boolean {
    return record.expiresAt !== null && record.expiresAt <= this.#clock.nowMs();
  }

  #touch(record: TokenRecord): void {
    const now = this.#clock.nowMs();
    if (record.lastUsedAt !== null && Math.abs(now - record.lastUsedAt) < TOUCH_EVERY_MS) return;
    record.lastUsedAt = now;
    if (record.kind === 'browser') record.expiresAt = now + SESSION_IDLE_MS;
    this.#store.touch({ ...record });
  }
}

/** The scope with all that it includes. */
export function impliedScopes(scope: Scope): readonly Scope[] {
  return scopes.slice(0, scopes.indexOf(scope) + 1);
}

function withoutHash({ hash: _hash, ...info }: TokenRecord): TokenInfo {
  return info;
}
