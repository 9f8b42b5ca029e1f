import { copyFileSync, realpathSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../main/lib/clock.ts';
import { endOwnLeftovers, findOwnLeftovers } from '../../../main/lib/ownLeftovers.ts';
import { ENGINE_MARK_VARIABLE, engineMark } from '../../../main/lib/paths.ts';
import { findProgram, type PeerProcess, startPeer } from '../../helpers/childProcess.ts';
import { isRunning } from '../../helpers/processTree.ts';
import { createTempFolder, type TempFolder } from '../../helpers/tempFolder.ts';
import { waitFor } from '../../helpers/waitFor.ts';

let folder: TempFolder;
const peers: PeerProcess[] = [];
beforeEach(() => {
  folder = createTempFolder('leftovers');
});
afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.stop()));
  folder.remove();
});

async function startFfmpeg(
  mark: string | null,
  args?: readonly string[],
  command = 'ffmpeg',
): Promise<PeerProcess> {
  const env = { ...process.env, ...(mark === null ? {} : { [ENGINE_MARK_VARIABLE]: mark }) };
  const source = ['-nostdin', '-re', '-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=5', '-f', 'null', '-'];
  const peer = await startPeer({ command, args: args ?? source, env });
  peers.push(peer);
  await waitFor(() => isRunning(peer.pid), { what: 'ffmpeg to run' });
  return peer;
}

describe('leftovers', () => {
  it('of this data folder are ended; those of the user and of another engine go on', async () => {
    const root = realpathSync(folder.path);
    const [own, users, others] = await Promise.all([
      startFfmpeg(engineMark(root)),
      startFfmpeg(null),
      startFfmpeg(engineMark('/another/folder')),
    ]);
    await waitFor(() => findOwnLeftovers(root).length === 1, { what: 'the leftover to be seen' });
    expect(await endOwnLeftovers(root, systemClock)).toEqual([own.pid]);
    await own.exited;
    expect([users.hasExited, others.hasExited]).toEqual([false, false]);
    expect(await endOwnLeftovers(root, systemClock)).toEqual([]);
  });

  it('are ended also when they do not listen', async () => {
    const root = realpathSync(folder.path);
    // A shell that ignores the request, under the name of ffmpeg.
    const stubborn = folder.file('ffmpeg-stubborn');
    copyFileSync(findProgram('bash') ?? '/bin/sh', stubborn);
    const peer = await startFfmpeg(
      engineMark(root),
      ['-c', 'trap "" TERM; while :; do sleep 1; done'],
      stubborn,
    );
    await waitFor(() => findOwnLeftovers(root).length > 0, { what: 'the leftover to be seen' });
    await endOwnLeftovers(root, systemClock, 300);
    expect(await peer.exited).toMatchObject({ signal: 'SIGKILL' });
  });

  it('are not looked for among other programs with the mark', async () => {
    const root = realpathSync(folder.path);
    const peer = await startFfmpeg(engineMark(root), ['60'], 'sleep');
    expect(await endOwnLeftovers(root, systemClock)).toEqual([]);
    expect(peer.hasExited).toBe(false);
  });
});
