import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isProcessAlive, processIdentity } from '../../../main/lib/processIdentity.ts';

it('is the same for the same process, and another for another', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  expect(processIdentity(pid)).toMatch(/\d{2}/);
  expect(processIdentity(pid)).not.toBe(processIdentity(process.pid));
  expect(isProcessAlive(pid)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(processIdentity(pid)).toBeNull();
  expect(isProcessAlive(pid)).toBe(false);
});

it('is about the start of the process, not about its number, which is given again', async () => {
  const [first, second] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
  await Promise.all([once(first, 'spawn'), once(second, 'spawn')]);
  const [pid = 0, identity = ''] = [first.pid, processIdentity(first.pid ?? 0) ?? ''];
  expect(identity).not.toMatch(new RegExp(`\\b${pid}\\b`));
  // Two that were started together begin alike.
  expect(processIdentity(second.pid ?? 0)?.split(':')[0]).toBe(identity.split(':')[0]);
  first.kill('SIGKILL');
  second.kill('SIGKILL');
});

it.each([0, -1, 1.5, Number.NaN, 2 ** 30])('knows no process %d', (pid) => {
  expect(processIdentity(pid)).toBeNull();
  expect(isProcessAlive(pid)).toBe(false);
});
