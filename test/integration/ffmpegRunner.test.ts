import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../main/lib/clock.ts';
import { createLogger, type LogRecord, nullLogger } from '../../main/lib/logger.ts';
import { Redactor } from '../../main/lib/redactor.ts';
import { createAbilityReader } from '../../main/media/ffmpeg/abilities.ts';
import { findFfmpeg } from '../../main/media/ffmpeg/binary.ts';
import { runBriefly } from '../../main/media/ffmpeg/briefRun.ts';
import type {
  FfmpegProcessSpec,
  FfmpegProgress,
  FfmpegRunner,
} from '../../main/media/ffmpeg/ffmpegProcess.ts';
import { createFfmpegRunner } from '../../main/media/ffmpeg/ffmpegRunner.ts';
import { createGuardian, type Guardian } from '../../main/media/ffmpeg/guardian.ts';
import { findProgram, startPeer } from '../helpers/childProcess.ts';
import { isRunning, rssBytesOf } from '../helpers/processTree.ts';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';
import { waitFor } from '../helpers/waitFor.ts';

const ffmpeg = findProgram('ffmpeg') ?? 'ffmpeg';
const clock = systemClock;
let guardian: Guardian;
let folder: TempFolder;
let silent: Server;

/** A server that accepts and never says anything: what a dead network looks like to ffmpeg. */
function silentUrl(): string {
  return `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  guardian = createGuardian({ clock, logger: nullLogger });
  folder = createTempFolder('ffmpeg');
  silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  silent.close();
  await guardian.close();
  folder.remove();
});

function runner(path = ffmpeg, redactor = new Redactor()): FfmpegRunner {
  return createFfmpegRunner({
    binary: () => ({ ffmpegPath: path }),
    clock,
    logger: nullLogger,
    redactor,
    guardian,
  });
}

const spec = (args: string, more: Partial<FfmpegProcessSpec> = {}): FfmpegProcessSpec => ({
  purpose: 'test',
  args: args.split(' '),
  feedsStdin: false,
  mediaPipes: 0,
  ...more,
});
const endless = '-re -f lavfi -i testsrc2=s=160x90:r=25';

describe('a run', () => {
  it('reports its progress and delivers on its pipes', async () => {
    const run = runner().spawn(
      spec(`${endless} -c:v libx264 -preset ultrafast -f flv pipe:3`, { mediaPipes: 1 }),
    );
    const first = await new Promise<Buffer>((resolve) => run.mediaPipes[0]?.once('data', resolve));
    expect(first.toString('latin1', 0, 3)).toBe('FLV');
    const progress = await new Promise<FfmpegProgress>((resolve) => {
      run.onProgress = (block) => void ((block.frame ?? 0) > 5 && resolve(block));
      run.mediaPipes[0]?.resume();
    });
    expect(progress.outTimeMs).toBeGreaterThan(0);
    await run.stop(3000);
  });

  it('finishes its file when it is asked to stop', async () => {
    const path = folder.file('whole.mp4');
    const run = runner().spawn(spec(`${endless} -c:v libx264 -preset ultrafast ${path}`));
    await new Promise<void>((resolve) => {
      run.onProgress = (block) => void ((block.frame ?? 0) > 5 && resolve());
    });
    expect(await run.stop(5000)).toMatchObject({ wasAsked: true, signal: null });
    expect(readFileSync(path).includes('moov')).toBe(true);
  });

  it('ends at the end of what it is fed, and finishes its file', async () => {
    const path = folder.file('fed.mkv');
    const pictures = await runBriefly(
      ffmpeg,
      {
        args: '-v error -f lavfi -i testsrc2=s=64x64:d=1 -c:v libx264 -f flv pipe:1'.split(' '),
        timeoutMs: 10_000,
      },
      { clock, guardian },
    );
    const run = runner().spawn(spec(`-f flv -i pipe:0 -c copy ${path}`, { feedsStdin: true }));
    run.stdin?.write(pictures.stdout);
    expect(await run.stop(5000)).toMatchObject({ code: 0, wasAsked: true });
  });

  it('is killed when it does not listen', async () => {
    const script = folder.file('deaf.sh');
    const ready = folder.file('deaf.ready');
    writeFileSync(script, `#!/bin/sh\ntrap "" INT TERM\n: > '${ready}'\nwhile :; do sleep 1; done\n`);
    chmodSync(script, 0o755);
    const run = runner(script).spawn(spec('x'));
    await waitFor(() => existsSync(ready), { what: 'the script listens no more' });
    expect(await run.stop(400)).toMatchObject({ signal: 'SIGKILL', wasAsked: true });
  });

  it('gives up a blocked network read within the time it is given', async () => {
    const run = runner().spawn(spec(`-f flv -i ${silentUrl()} -f null -`));
    await waitFor(
      () => new Promise<boolean>((resolve) => silent.getConnections((_e, count) => resolve(count > 0))),
      {
        what: 'ffmpeg to connect',
      },
    );
    expect(await run.stop(4000)).toMatchObject({ signal: null, wasAsked: true });
  });

  it('does not freeze when it says more than anybody wants to hear', async () => {
    const script = folder.file('loud.sh');
    writeFileSync(
      script,
      '#!/bin/sh\ni=0\nwhile [ $i -lt 40000 ]; do echo "line $i of very many words" >&2; i=$((i+1)); done\n',
    );
    chmodSync(script, 0o755);
    const exit = await runner(script).spawn(spec('x')).exited;
    expect(exit.lastLines).toHaveLength(40);
    expect(exit.lastLines.at(-1)).toBe('line 39999 of very many words');
  });

  it('never shows the secrets that it was given', async () => {
    const run = runner().spawn(
      spec('-f flv -i rtmp://127.0.0.1:1/live/SECRETx7 -f null -', { secrets: ['SECRETx7'] }),
    );
    const exit = await run.exited;
    expect(exit.lastLines.join()).toContain('Connection refused');
    expect(exit.lastLines.join()).not.toContain('SECRET');
  });

  it('writes no report of its command line, whatever the environment says', async () => {
    process.env.FFREPORT = `file=${folder.file('report.log')}:level=32`;
    try {
      await runner().spawn(spec('-f lavfi -i color=d=0.1 -f null -')).exited;
    } finally {
      delete process.env.FFREPORT;
    }
    expect(() => readFileSync(folder.file('report.log'))).toThrow(/ENOENT/);
  });

  it.each([
    ['there is no program', () => '/nowhere/ffmpeg'],
    [
      'it may not be run',
      () => {
        writeFileSync(folder.file('rubbish'), 'x', { mode: 0o600 });
        return folder.file('rubbish');
      },
    ],
  ])('says so when %s', (_name, path) => {
    expect(() => runner(path()).spawn(spec('x'))).toThrow(
      expect.objectContaining({ code: 'ffmpeg.missing' }),
    );
  });
});

describe('the guardian', () => {
  /** An engine in miniature with three children: one is fed, one blocked on a dead network, one reads in real time. */
  async function startEngine(): Promise<{ pid: number; children: number[] }> {
    const peer = await startPeer({
      command: process.execPath,
      args: [fileURLToPath(new URL('../helpers/engineOfThree.ts', import.meta.url)), ffmpeg, silentUrl()],
      ownStdout: true,
    });
    const line = await new Promise<string>((resolve, reject) => {
      peer.process.stdout?.setEncoding('utf8').once('data', resolve);
      void peer.exited.then(() => reject(new Error(peer.output())));
    });
    return { pid: peer.pid, children: JSON.parse(line) };
  }

  it('ends every child, and itself, after the engine was killed', async () => {
    const engine = await startEngine();
    const other = await startPeer({ command: ffmpeg, args: `${endless} -f null -`.split(' ') });
    expect(engine.children.every(isRunning)).toBe(true);
    process.kill(engine.pid, 'SIGKILL');
    await waitFor(() => engine.children.every((pid) => !isRunning(pid)), {
      what: 'all of the engine’s children to be gone',
      timeoutMs: 5000,
    });
    expect(isRunning(other.pid)).toBe(true);
    await other.stop();
  });

  it('is small, and does nothing for children that were taken from it', async () => {
    const own = createGuardian({ clock, logger: nullLogger });
    const sleeper = await startPeer({ command: 'sleep', args: ['60'] });
    own.watch(sleeper.pid)();
    expect(rssBytesOf(own.pid ?? 0)).toBeLessThan(4 * 1024 * 1024);
    await own.close();
    expect(isRunning(sleeper.pid)).toBe(true);
    await sleeper.stop();
  });

  it('ends what is still in its care when it is closed', async () => {
    const own = createGuardian({ clock, logger: nullLogger });
    const sleeper = await startPeer({ command: 'sleep', args: ['60'] });
    own.watch(sleeper.pid);
    await own.close();
    expect(isRunning(sleeper.pid)).toBe(false);
  });

  it('is started anew when it dies, and knows its children again', async () => {
    const records: LogRecord[] = [];
    const own = createGuardian({ clock, logger: createLogger((record) => void records.push(record)) });
    const sleeper = await startPeer({ command: 'sleep', args: ['60'] });
    own.watch(sleeper.pid);
    const first = own.pid ?? 0;
    process.kill(first, 'SIGKILL');
    const second = await waitFor(() => own.pid !== first && own.pid, { what: 'a new guardian' });
    expect(second).not.toBe(first);
    expect(records.map(({ level }) => level)).toEqual(['warn']);
    await own.close();
    expect(isRunning(sleeper.pid)).toBe(false);
  });
});

describe('finding ffmpeg', () => {
  const find = (more: object) => findFfmpeg({ clock, guardian, findBundled: async () => null, ...more });

  it('takes the one on PATH, with ffprobe beside it', async () => {
    const found = await find({});
    expect(found).toMatchObject({ source: 'path', ffmpegPath: ffmpeg });
    expect(found.ffprobePath).toBe(findProgram('ffprobe'));
  });

  it('prefers what the user set, then the environment, then what is shipped', async () => {
    const environment = { ...process.env, STREAMWARE_FFMPEG: ffmpeg };
    expect(await find({ setting: ffmpeg, environment })).toMatchObject({ source: 'setting' });
    expect(await find({ environment })).toMatchObject({ source: 'environment' });
    expect(await find({ findBundled: async () => ffmpeg })).toMatchObject({ source: 'bundled' });
  });

  it('does not silently take another one than the user named', async () => {
    await expect(find({ setting: '/nowhere/ffmpeg' })).rejects.toMatchObject({ code: 'ffmpeg.missing' });
    await expect(find({ setting: '/bin/cat' })).rejects.toMatchObject({ code: 'ffmpeg.missing' });
  });

  it('goes on to the one on PATH when the shipped one does not run', async () => {
    expect(await find({ findBundled: async () => '/bin/false' })).toMatchObject({ source: 'path' });
  });

  it('refuses one that is too old', async () => {
    const old = folder.file('old.sh');
    writeFileSync(old, '#!/bin/sh\necho "ffmpeg version 4.3.1 Copyright"\n', { mode: 0o755 });
    await expect(find({ setting: old })).rejects.toMatchObject({ code: 'ffmpeg.too_old' });
  });

  it('says what is missing when there is none', async () => {
    await expect(find({ environment: { PATH: '/nowhere' } })).rejects.toMatchObject({
      code: 'ffmpeg.missing',
    });
  });

  it('asks it what it can do, once', async () => {
    const reader = createAbilityReader({ clock, guardian });
    const found = await find({});
    const abilities = await reader.read(found);
    expect(abilities.encoders.has('libx264')).toBe(true);
    expect([
      abilities.muxers.has('flv'),
      abilities.demuxers.has('mov'),
      abilities.filters.has('overlay'),
    ]).toEqual([true, true, true]);
    expect(reader.read(found)).toBe(reader.read(found));
  });
});
