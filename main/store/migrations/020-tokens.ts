import type { Migration } from './index.ts';

/** Who may use the API. Of a token itself only its SHA-256 hash is here. Frozen. */
export const tokens: Migration = {
  version: 20,
  sql: `
    CREATE TABLE tokens (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      scope TEXT NOT NULL CHECK (scope IN ('read', 'control', 'admin')),
      plugin TEXT,
      kind TEXT NOT NULL CHECK (kind IN ('local', 'program', 'browser')),
      hash TEXT NOT NULL CHECK (length(hash) = 64),
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      last_used_at INTEGER
    ) STRICT, WITHOUT ROWID;
  `,
};
