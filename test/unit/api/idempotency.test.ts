import { describe, expect, it } from 'vitest';
import { assertIdempotencyKey, fingerprintOf, IdempotencyCache } from '../../../main/api/idempotency.ts';
import { StreamwareError } from '../../../main/contract/errors.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';

describe('IdempotencyCache', () => {
  function counting(failures: Error[] = []) {
    let runs = 0;
    const execute = async (): Promise<number> => {
      runs += 1;
      const failure = failures[runs - 1];
      if (failure) throw failure;
      return runs;
    };
    return { execute, runs: () => runs };
  }

  it('carries out once and answers twice, also when both come at the same time', async () => {
    const cache = new IdempotencyCache(createFakeClock());
    const { execute, runs } = counting();
    const answers = await Promise.all([cache.run('k', 'f', execute), cache.run('k', 'f', execute)]);
    expect(answers).toEqual([
      { result: 1, isReplay: false },
      { result: 1, isReplay: true },
    ]);
    expect(runs()).toBe(1);
  });

  it('refuses the key for another request', async () => {
    const cache = new IdempotencyCache(createFakeClock());
    const { execute, runs } = counting();
    await cache.run('k', 'f', execute);
    await expect(cache.run('k', 'other', execute)).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
    });
    expect(runs()).toBe(1);
  });

  it('keeps a refusal, and tries again after a failure that may pass', async () => {
    const cache = new IdempotencyCache(createFakeClock());
    const refused = counting([new StreamwareError('output.duplicate')]);
    for (const _ of [1, 2])
      await expect(cache.run('a', 'f', refused.execute)).rejects.toMatchObject({ code: 'output.duplicate' });
    expect(refused.runs()).toBe(1);
    const failing = counting([new StreamwareError('store.unavailable'), new Error('a bug')]);
    await expect(cache.run('b', 'f', failing.execute)).rejects.toThrow();
    await expect(cache.run('b', 'f', failing.execute)).rejects.toThrow('a bug');
    expect(await cache.run('b', 'f', failing.execute)).toEqual({ result: 3, isReplay: false });
  });

  it('forgets after a day, and the oldest of more than a thousand', async () => {
    const clock = createFakeClock();
    const cache = new IdempotencyCache(clock);
    const { execute, runs } = counting();
    await cache.run('k', 'f', execute);
    await clock.advance(24 * 3_600_000);
    expect((await cache.run('k', 'f', execute)).isReplay).toBe(false);
    for (let index = 0; index < 1000; index++) await cache.run(`n${index}`, 'f', execute);
    const before = runs();
    expect((await cache.run('k', 'f', execute)).isReplay).toBe(false);
    expect(runs()).toBe(before + 1);
  });

  it('tells requests apart by method, address and body', () => {
    const prints = [
      fingerprintOf('POST', '/a', '{}'),
      fingerprintOf('POST', '/b', '{}'),
      fingerprintOf('POST', '/a', '{ }'),
      fingerprintOf('PUT', '/a', '{}'),
    ];
    expect(new Set(prints).size).toBe(4);
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(256), 'a\nb'])('takes %j for no key', (key) => {
    expect(() => assertIdempotencyKey(key)).toThrow('Idempotency-Key');
  });
});
