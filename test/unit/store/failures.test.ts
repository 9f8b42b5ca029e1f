import { expect, it } from 'vitest';
import { failureKind, toFailure } from '../../../main/store/failures.ts';

it.each([
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_BUSY_SNAPSHOT', 'busy'],
  ['SQLITE_FULL', 'full'],
  ['ENOSPC', 'full'],
  ['SQLITE_IOERR_SHMSIZE', 'full'],
  ['SQLITE_IOERR_WRITE', 'io'],
  ['SQLITE_CANTOPEN', 'io'],
  ['SQLITE_READONLY_DBMOVED', 'io'],
  ['EACCES', 'io'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_CORRUPT_INDEX', 'corrupt'],
  ['SQLITE_NOTADB', 'corrupt'],
  ['SQLITE_CONSTRAINT_UNIQUE', 'query'],
  ['SQLITE_ERROR', 'query'],
  ['ERR_INVALID_ARG_TYPE', 'query'],
  ['', 'query'],
])('%s is %s', (code, kind) => {
  expect(failureKind(code)).toBe(kind);
});

it('crosses a thread as plain data', () => {
  const failure = toFailure(Object.assign(new Error('disk is full'), { code: 'SQLITE_FULL' }));
  expect(structuredClone(failure)).toEqual({ kind: 'full', code: 'SQLITE_FULL', message: 'disk is full' });
});
