/**
 * An engine's database in a process of its own, to be killed in the middle of its work: it saves rows one after the
 * other, each with a second copy in the same transaction, and prints the number of every row that was committed.
 * Started with the path of the database.
 */
import { systemClock } from '../../main/lib/clock.ts';
import { nullLogger } from '../../main/lib/logger.ts';
import { openStore } from '../../main/store/storeClient.ts';
import { countTestRows, makeTestTable } from './storeBench.ts';

const store = await openStore({ path: process.argv[2] ?? '', clock: systemClock, logger: nullLogger });
await makeTestTable(store);
await store.run('CREATE TABLE IF NOT EXISTS copies (n INTEGER PRIMARY KEY, text TEXT) STRICT');
const filler = 'x'.repeat(3000);
for (let n = (await countTestRows(store)) + 1; ; n++) {
  await store.batch(
    ['test_rows', 'copies'].map((table) => ({
      sql: `INSERT INTO ${table} VALUES (?, ?)`,
      params: [n, filler],
    })),
    { durable: n % 10 === 0 },
  );
  process.stdout.write(`${n}\n`);
}
