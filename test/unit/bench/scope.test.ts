import { describe, expect, it } from 'vitest';
import { Scope, scoped } from '../../bench/scope.ts';

describe('a scope', () => {
  it('stops what was started, the last first, also when the work fails', async () => {
    const stopped: string[] = [];
    const work = scoped(async (scope) => {
      scope.own({ stop: () => stopped.push('first') });
      scope.own({ stop: () => stopped.push('second') });
      throw new Error('broken');
    });
    await expect(work).rejects.toThrow('broken');
    expect(stopped).toEqual(['second', 'first']);
  });

  it('stops the rest when one cannot be stopped, and says so', async () => {
    const stopped: string[] = [];
    const scope = new Scope();
    scope.own({ stop: () => stopped.push('first') });
    scope.own({ stop: () => Promise.reject(new Error('stuck')) });
    await expect(scope.end()).rejects.toThrow('not everything could be stopped');
    expect(stopped).toEqual(['first']);
  });
});
