import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { migrate, VersionFromFutureError } from '../../../main/store/migrate.ts';
import { type Migration, migrations } from '../../../main/store/migrations/index.ts';

/**
 * What each migration was when it was released. A changed one would leave older databases different from newer ones:
 * write a new migration instead of a new hash.
 */
const released: Readonly<Record<number, string>> = {
  10: '28f8333fb7e66212',
  20: '165e256bb4663e07',
  30: 'c259be2792356ac7',
};

function versionOf(database: Database.Database): number {
  return Number(database.pragma('user_version', { simple: true }));
}

function tablesOf(database: Database.Database): string[] {
  return database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all() as string[];
}

describe('the migrations', () => {
  it('have numbers that only grow, in tens', () => {
    const numbers = migrations.map(({ version }) => version);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.filter((version) => version % 10 !== 0)).toEqual([]);
  });

  it('are what they were when they were released', () => {
    const hashes = migrations.map(({ version, sql }) => [
      String(version),
      createHash('sha256').update(sql).digest('hex').slice(0, 16),
    ]);
    expect(Object.fromEntries(hashes)).toEqual(released);
  });

  it('make STRICT tables only', () => {
    const database = new Database(':memory:');
    migrate(database, migrations);
    const loose = database
      .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND NOT strict")
      .pluck()
      .all();
    expect(loose).toEqual(['sqlite_schema']);
  });
});

describe('010-streams', () => {
  it('makes its tables, with rules that refuse what must not be', () => {
    const database = new Database(':memory:');
    migrate(
      database,
      migrations.filter(({ version }) => version <= 10),
    );
    expect(tablesOf(database)).toEqual([
      'broadcasts',
      'health_minutes',
      'health_seconds',
      'health_series',
      'outputs',
      'streams',
      'timeline_events',
    ]);
    const insert = (values: string) => () => database.exec(`INSERT INTO streams VALUES (${values})`);
    expect(insert(`'a', 'n', '{}', 'live', 1, 1`)).not.toThrow();
    expect(insert(`'b', 'n', '{}', 'maybe', 1, 1`)).toThrow(/CHECK/);
    expect(insert(`'c', 'n', 'no json', 'live', 1, 1`)).toThrow(/CHECK/);
    expect(insert(`'d', 'n', '{}', 'live', 'soon', 1`)).toThrow(/TEXT/);
    expect(insert(`'a', 'n', '{}', 'live', 1, 1`)).toThrow(/UNIQUE/);
  });

  it('lets the outputs go with their stream, and the broadcasts stay', () => {
    const database = new Database(':memory:');
    database.pragma('foreign_keys = ON');
    migrate(database, migrations);
    database.exec(`INSERT INTO streams VALUES ('a', 'n', '{}', 'live', 1, 1);
      INSERT INTO outputs VALUES ('a', 'o', 'on');
      INSERT INTO broadcasts (id, stream_id, name, started_at) VALUES ('b', 'a', 'n', 1);
      DELETE FROM streams;`);
    expect(database.prepare('SELECT count(*) FROM outputs').pluck().get()).toBe(0);
    expect(database.prepare('SELECT count(*) FROM broadcasts').pluck().get()).toBe(1);
  });
});

describe('030-idempotency-keys', () => {
  it('takes up a database of the version before, and refuses what is not sealed', () => {
    const database = new Database(':memory:');
    migrate(
      database,
      migrations.filter(({ version }) => version <= 20),
    );
    database.exec(`INSERT INTO streams VALUES ('a', 'n', '{}', 'live', 1, 1)`);
    migrate(database, migrations);
    expect(database.prepare('SELECT id FROM streams').pluck().all()).toEqual(['a']);
    const insert = (values: string) => () =>
      database.exec(
        `INSERT INTO idempotency_keys (token_id, key, claimed_at, bytes, content) VALUES (${values})`,
      );
    expect(insert(`'t', 'k', 1, 9, 'sealed:1:x'`)).not.toThrow();
    expect(insert(`'t', 'k', 2, 9, 'sealed:1:y'`)).toThrow(/UNIQUE/);
    expect(insert(`'t', 'other', 1, 9, '{"token":"in the clear"}'`)).toThrow(/CHECK/);
  });
});

describe('migrating', () => {
  const steps: Migration[] = [
    { version: 10, sql: 'CREATE TABLE a (x INTEGER) STRICT' },
    { version: 20, sql: 'ALTER TABLE a ADD COLUMN y INTEGER' },
  ];

  it('does only what is missing', () => {
    const database = new Database(':memory:');
    migrate(database, steps.slice(0, 1));
    database.exec('INSERT INTO a VALUES (1)');
    migrate(database, steps);
    migrate(database, steps);
    expect(database.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: null }]);
    expect(versionOf(database)).toBe(20);
  });

  it('is done whole or not at all', () => {
    const database = new Database(':memory:');
    const broken = [...steps, { version: 30, sql: 'CREATE TABLE b (x INTEGER); SELECT nonsense' }];
    expect(() => migrate(database, broken)).toThrow();
    expect(tablesOf(database)).toEqual([]);
    expect(versionOf(database)).toBe(0);
  });

  it('refuses a database from the future and leaves it alone', () => {
    const database = new Database(':memory:');
    database.exec('CREATE TABLE tomorrow (x INTEGER); PRAGMA user_version = 9990');
    expect(() => migrate(database, steps)).toThrow(VersionFromFutureError);
    expect(tablesOf(database)).toEqual(['tomorrow']);
    expect(versionOf(database)).toBe(9990);
  });

  it.each([
    ['twice the same number', [10, 10]],
    ['a falling number', [20, 10]],
    ['zero', [0]],
  ])('refuses a list with %s', (_what, versions) => {
    const list = versions.map((version) => ({ version, sql: 'SELECT 1' }));
    expect(() => migrate(new Database(':memory:'), list)).toThrow(/does not come after/);
  });
});
