import type { Migration } from './index.ts';

/** Requests that can be sent again, and how they were answered. Frozen. */
export const idempotencyKeys: Migration = {
  version: 30,
  sql: `
    CREATE TABLE idempotency_keys (
      id INTEGER PRIMARY KEY,
      token_id TEXT NOT NULL,
      key TEXT NOT NULL,
      claimed_at INTEGER NOT NULL,
      bytes INTEGER NOT NULL, -- length of the content, to be summed without reading it
      content TEXT NOT NULL CHECK (content LIKE 'sealed:%'), -- may hold what is shown once, such as a token
      UNIQUE (token_id, key)
    ) STRICT;
    CREATE INDEX idempotency_keys_by_age ON idempotency_keys (claimed_at, bytes);
  `,
};
