import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../main/lib/clock.ts';
import type { DataPaths } from '../../../main/lib/paths.ts';
import { processIdentity } from '../../../main/lib/processIdentity.ts';
import { prepareDataDir } from '../../../main/store/dataDir.ts';
import { acquireEngineLock, type EngineLock, findRunningEngine } from '../../../main/store/engineLock.ts';
import { type PeerProcess, startPeer } from '../../helpers/childProcess.ts';
import { createTempFolder, type TempFolder } from '../../helpers/tempFolder.ts';
import { waitFor } from '../../helpers/waitFor.ts';

let folder: TempFolder;
let paths: DataPaths;
const locks: EngineLock[] = [];
const peers: PeerProcess[] = [];
beforeEach(() => {
  folder = createTempFolder('engine');
  paths = prepareDataDir(folder.path);
});
afterEach(async () => {
  for (const lock of locks.splice(0)) lock.release();
  await Promise.all(peers.splice(0).map((peer) => peer.stop()));
  folder.remove();
});

function acquire(): EngineLock {
  const lock = acquireEngineLock(paths, systemClock, '0.1.0');
  locks.push(lock);
  return lock;
}

async function startStarter(): Promise<PeerProcess> {
  const starter = fileURLToPath(new URL('../../helpers/engineStarter.ts', import.meta.url));
  const peer = await startPeer({ command: process.execPath, args: [starter, paths.root], stdin: 'pipe' });
  peers.push(peer);
  await waitFor(() => peer.output().includes('ready'), { what: 'an engine to be ready to start' });
  return peer;
}

async function go(peer: PeerProcess): Promise<string> {
  peer.process.stdin?.end();
  return waitFor(() => /^(won|lost .*)$/m.exec(peer.output())?.[0], {
    what: 'an engine to claim the folder',
  });
}

describe('the engine lock', () => {
  it('is had by one, who can be found', () => {
    const lock = acquire();
    expect(findRunningEngine(paths.root)).toMatchObject({
      pid: process.pid,
      url: null,
      instanceId: lock.instanceId,
    });
    lock.publish({ url: 'http://127.0.0.1:1234', port: 1234 });
    expect(findRunningEngine(paths.root)).toMatchObject({
      identity: processIdentity(process.pid),
      url: 'http://127.0.0.1:1234',
      port: 1234,
      tokenFile: paths.tokenFile,
      version: '0.1.0',
    });
    expect(acquire).toThrow(expect.objectContaining({ code: 'engine.already_running' }));
    expect(acquire).toThrow(/http:\/\/127\.0\.0\.1:1234/);
  });

  it('is free again after it was released', () => {
    acquire().release();
    expect(findRunningEngine(paths.root)).toBeNull();
    expect(existsSync(paths.engineFile)).toBe(false);
    acquire();
  });

  it('of ten engines that start at the same moment is had by exactly one; all have the same master key', async () => {
    const starters = await Promise.all(Array.from({ length: 10 }, () => startStarter()));
    const results = await Promise.all(starters.map(go));
    expect(results.filter((result) => result === 'won')).toHaveLength(1);
    for (const result of results) expect(result).toMatch(/^won$|^lost engine\.already_running /);
    const keys = new Set(starters.map((peer) => /^key (\w+)$/m.exec(peer.output())?.[1]));
    expect([...keys]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    const winner = starters[results.indexOf('won')];
    expect(findRunningEngine(paths.root)?.pid).toBe(winner?.pid);
  });

  it('does not outlive its engine, whatever killed it', async () => {
    const peer = await startStarter();
    expect(await go(peer)).toBe('won');
    expect(acquire).toThrow(/already|runs/);
    peer.signal('SIGKILL');
    await peer.exited;
    expect(existsSync(paths.engineFile)).toBe(true);
    expect(findRunningEngine(paths.root)).toBeNull();
    acquire();
    expect(findRunningEngine(paths.root)?.pid).toBe(process.pid);
  });

  it('does not take a stranger who got the pid of a dead engine for that engine', () => {
    acquire().release();
    const stale = {
      pid: process.pid,
      identity: 'another boot:1',
      instanceId: 'req_1',
      startedAt: 1,
      version: '0',
      url: 'http://x',
      port: 1,
      tokenFile: 't',
    };
    writeFileSync(paths.engineFile, JSON.stringify(stale));
    expect(findRunningEngine(paths.root)).toBeNull();
    acquire();
  });

  it.each(['', '{', '[]', '{"pid":"x"}', '{"pid":1}'])(
    'is not confused by an engine file that reads %j',
    (text) => {
      writeFileSync(paths.engineFile, text);
      expect(findRunningEngine(paths.root)).toBeNull();
      acquire();
      expect(JSON.parse(readFileSync(paths.engineFile, 'utf8'))).toMatchObject({ pid: process.pid });
    },
  );

  it('finds nobody where there is nothing', () => {
    expect(findRunningEngine(folder.file('no/such/folder'))).toBeNull();
  });
});
