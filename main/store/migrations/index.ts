import { streams } from './010-streams.ts';
import { tokens } from './020-tokens.ts';
import { idempotencyKeys } from './030-idempotency-keys.ts';

/**
 * One step of the schema. Frozen once released: it is text and imports no code of today, so that it does tomorrow
 * what it did yesterday. The next one is `NNN-what-it-does.ts`, a multiple of 10 (room for a repair in between).
 */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

export const migrations: readonly Migration[] = [streams, tokens, idempotencyKeys];
