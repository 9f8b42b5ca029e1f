import { describe, expect, it } from 'vitest';
import {
  assertIdempotencyKey,
  fingerprintOf,
  type IdempotencyJournal,
  IdempotencyKeys,
  type KeptRequest,
  type KeyedRequest,
} from '../../../main/api/idempotency.ts';
import { StreamwareError } from '../../../main/contract/errors.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';

const DAY_MS = 24 * 3_600_000;

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

function sender(keys: IdempotencyKeys) {
  return async <Result>(execute: () => Promise<Result>, request: Partial<KeyedRequest> = {}) => {
    const { result, isReplay } = await keys.run(
      { owner: 'tok_1', key: 'k', fingerprint: 'f', ...request },
      execute,
    );
    return { result: await result, isReplay };
  };
}

describe('IdempotencyKeys', () => {
  it('carries out once and answers twice, also when both come at the same time', async () => {
    const send = sender(new IdempotencyKeys(createFakeClock()));
    const { execute, runs } = counting();
    const answers = await Promise.all([send(execute), send(execute)]);
    expect(answers).toEqual([
      { result: 1, isReplay: false },
      { result: 1, isReplay: true },
    ]);
    expect(runs()).toBe(1);
  });

  it('refuses the key for another request, and takes it from another token', async () => {
    const send = sender(new IdempotencyKeys(createFakeClock()));
    const { execute, runs } = counting();
    await send(execute);
    await expect(send(execute, { fingerprint: 'other' })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
      status: 422,
    });
    expect(runs()).toBe(1);
    expect(await send(execute, { owner: 'tok_2', fingerprint: 'other' })).toEqual({
      result: 2,
      isReplay: false,
    });
  });

  it('keeps a refusal, and tries again after a failure that may pass', async () => {
    const send = sender(new IdempotencyKeys(createFakeClock()));
    const refused = counting([new StreamwareError('output.duplicate')]);
    for (const _ of [1, 2])
      await expect(send(refused.execute)).rejects.toMatchObject({ code: 'output.duplicate' });
    expect(refused.runs()).toBe(1);
    const failing = counting([new StreamwareError('store.unavailable'), new Error('a bug')]);
    await expect(send(failing.execute, { key: 'b' })).rejects.toThrow();
    await expect(send(failing.execute, { key: 'b' })).rejects.toThrow('a bug');
    expect(await send(failing.execute, { key: 'b' })).toEqual({ result: 3, isReplay: false });
  });

  it('forgets after a day of the wall clock, and the oldest of more than a thousand', async () => {
    const clock = createFakeClock();
    const send = sender(new IdempotencyKeys(clock));
    const { execute, runs } = counting();
    await send(execute);
    clock.jumpWallClock(DAY_MS - 1);
    expect((await send(execute)).isReplay).toBe(true);
    clock.jumpWallClock(1);
    expect((await send(execute)).isReplay).toBe(false);
    for (let index = 0; index < 1000; index++) await send(execute, { key: `n${index}` });
    const before = runs();
    expect((await send(execute)).isReplay).toBe(false);
    expect(runs()).toBe(before + 1);
  });

  it('never forgets what still runs', async () => {
    const send = sender(new IdempotencyKeys(createFakeClock()));
    const slow = Promise.withResolvers<string>();
    const first = send(() => slow.promise, { key: 'slow' });
    for (let index = 0; index < 1100; index++) await send(async () => index, { key: `n${index}` });
    const second = send(async () => 'carried out twice', { key: 'slow' });
    slow.resolve('once');
    expect(await first).toEqual({ result: 'once', isReplay: false });
    expect(await second).toEqual({ result: 'once', isReplay: true });
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

describe('IdempotencyKeys with a journal', () => {
  function journalWith(kept: KeptRequest | null) {
    const written: string[] = [];
    const journal: IdempotencyJournal = {
      claim: async () => {
        written.push('claim');
        return kept;
      },
      settle: async (_request, _claimedAtMs, { kind }) => void written.push(kind),
      release: async () => void written.push('release'),
    };
    return { journal, written };
  }
  const clock = createFakeClock();
  const kept = (outcome: KeptRequest['outcome']): KeptRequest => ({
    fingerprint: 'f',
    claimedAtMs: clock.nowMs(),
    outcome,
  });

  it('puts a request down before it is carried out, and its end before it is answered', async () => {
    const { journal, written } = journalWith(null);
    const send = sender(new IdempotencyKeys(clock, journal));
    const execute = async (): Promise<void> => void written.push('execute');
    await send(execute);
    expect(written).toEqual(['claim', 'execute', 'answered']);
    await send(execute);
    expect(written).toHaveLength(3);
    await expect(
      send(counting([new StreamwareError('output.duplicate')]).execute, { key: 'b' }),
    ).rejects.toThrow();
    await expect(send(counting([new Error('a bug')]).execute, { key: 'c' })).rejects.toThrow();
    expect(written.slice(3)).toEqual(['claim', 'refused', 'claim', 'release']);
  });

  it('answers what an earlier run of the engine answered', async () => {
    const { execute, runs } = counting();
    const answered = journalWith(kept({ kind: 'answered', result: { id: 'str_1' } }));
    const send = sender(new IdempotencyKeys(clock, answered.journal));
    expect(await send(execute)).toEqual({ result: { id: 'str_1' }, isReplay: true });
    await expect(send(execute, { fingerprint: 'other' })).rejects.toMatchObject({ status: 422 });
    expect(await send(execute)).toEqual({ result: { id: 'str_1' }, isReplay: true });
    const refused = journalWith(kept({ kind: 'refused', error: new StreamwareError('output.duplicate') }));
    await expect(sender(new IdempotencyKeys(clock, refused.journal))(execute)).rejects.toMatchObject({
      code: 'output.duplicate',
    });
    expect(runs()).toBe(0);
  });

  it('carries out nothing of which nobody knows how it ended the first time', async () => {
    const { execute, runs } = counting();
    const { journal } = journalWith(kept({ kind: 'unknown', reason: 'The engine stopped.' }));
    const send = sender(new IdempotencyKeys(clock, journal));
    for (const _ of [1, 2]) {
      await expect(send(execute)).rejects.toMatchObject({
        code: 'request.idempotency_unknown',
        status: 409,
        detail: 'The engine stopped.',
      });
    }
    expect(runs()).toBe(0);
  });
});
