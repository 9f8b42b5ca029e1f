import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isProcessAlive, processIdentity } from '../../../main/lib/processIdentity.ts';

it('is the same for the same process, and another for another', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  expect(processIdentity(pid)).not.toBeNull();
  expect(isProcessAlive(pid)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(processIdentity(pid)).toBeNull();
  expect(isProcessAlive(pid)).toBe(false);
});

it.each([0, -1, 1.5, Number.NaN, 2 ** 30])('knows no process %d', (pid) => {
  expect(processIdentity(pid)).toBeNull();
  expect(isProcessAlive(pid)).toBe(false);
});
