import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Redactor } from '../../../main/lib/redactor.ts';
import { openRotatingLog, type RotatingLog, type RotatingLogOptions } from '../../../main/lib/rotatingLog.ts';
import { createFakeClock, type FakeClock } from '../../helpers/fakeClock.ts';
import { createTempFolder, type TempFolder } from '../../helpers/tempFolder.ts';

let folder: TempFolder;
let clock: FakeClock;
let redactor: Redactor;
const logs: RotatingLog[] = [];

beforeEach(() => {
  folder = createTempFolder('log');
  clock = createFakeClock(Date.UTC(2025, 0, 2, 3, 4, 5));
  redactor = new Redactor();
});
afterEach(() => {
  for (const log of logs.splice(0)) log.close();
  folder.remove();
});

function open(options: Partial<RotatingLogOptions> = {}): RotatingLog {
  const log = openRotatingLog({ folder: folder.path, clock, redactor, ...options });
  logs.push(log);
  return log;
}

function lines(name = 'streamware.log'): Record<string, unknown>[] {
  const text = readFileSync(join(folder.path, name), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const totalBytes = (): number =>
  readdirSync(folder.path).reduce((sum, name) => sum + statSync(join(folder.path, name)).size, 0);

describe('the log', () => {
  it('has one line of JSON per record, with what identifies it', () => {
    const { logger } = open();
    logger.child({ streamId: 'str_1' }).warn('output lost', { outputId: 'out_1', at: 7 });
    expect(lines()).toEqual([
      {
        at: '2025-01-02T03:04:05.000Z',
        level: 'warn',
        message: 'output lost',
        streamId: 'str_1',
        outputId: 'out_1',
        at_: 7,
      },
    ]);
  });

  it('is on the disk as soon as it was said, for nobody but its owner', () => {
    const { logger, path } = open();
    logger.info('last words');
    expect(lines()).toHaveLength(1);
    expect(statSync(path ?? '').mode & 0o777).toBe(0o600);
  });

  it('goes on where the last run ended', () => {
    open().logger.info('first run');
    open().logger.info('second run');
    expect(lines().map(({ message }) => message)).toEqual(['first run', 'second run']);
  });

  it('keeps quiet below its level, which can change', () => {
    const log = open({ level: 'warn' });
    log.logger.info('not said');
    log.setLevel('debug');
    log.logger.debug('said');
    expect(lines().map(({ message }) => message)).toEqual(['said']);
  });

  it('never shows a secret: in messages, fields, names of fields, nested errors', () => {
    redactor.add('SECRETx7');
    const written: string[] = [];
    const { logger } = open({ console: { write: (text) => written.push(text) } });
    const error = new Error('rtmp://h/app/SECRETz9 failed', { cause: { SECRETx7: 1 } });
    logger.error('SECRETx7', { url: 'rtmp://u:SECRETy8@h/app/SECRETz9', SECRETx7: ['SECRETx7'], error });
    const all = JSON.stringify(lines()) + written.join('');
    expect(all).toContain('[redacted]');
    expect(all).not.toMatch(/SECRET(x7|y8|z9)/);
  });
});

describe('its size', () => {
  it('never exceeds files × size, whatever is poured in', () => {
    const log = open({ maxFileBytes: 2000, maxFiles: 3 });
    for (let index = 0; index < 500; index++)
      log.logger.info(`message ${index}`, { text: 'x'.repeat(index % 90) });
    expect(readdirSync(folder.path).sort()).toEqual([
      'streamware.1.log',
      'streamware.2.log',
      'streamware.log',
    ]);
    expect(totalBytes()).toBeLessThanOrEqual(6000);
    expect(lines().at(-1)?.message).toBe('message 499');
    // Nothing is lost between two files.
    const kept = ['streamware.2.log', 'streamware.1.log', 'streamware.log'].flatMap((name) => lines(name));
    const numbers = kept.map(({ message }) => Number(String(message).split(' ')[1]));
    expect(numbers).toEqual(numbers.map((_, index) => 500 - numbers.length + index));
  });

  it('is kept by one line too: a giant is cut', () => {
    const { logger } = open();
    logger.info('giant', { list: Array.from({ length: 200 }, () => 'y'.repeat(8000)) });
    expect(totalBytes()).toBeLessThan(40_000);
    expect(lines()[0]).toMatchObject({ message: 'giant' });
  });

  it('is kept in a flood of equal lines, which are counted', async () => {
    const { logger } = open();
    for (let index = 0; index < 10_000; index++) logger.warn('packet damaged', { outputId: 'out_1' });
    expect(lines()).toHaveLength(1);
    await clock.advance(10_000);
    expect(lines()[1]).toMatchObject({ message: 'packet damaged', outputId: 'out_1', repeated: 9999 });
  });

  it('is kept in a flood of different lines of one message, without drowning the others', async () => {
    const { logger } = open();
    for (let index = 0; index < 1000; index++) logger.warn('packet damaged', { index });
    logger.warn('something else');
    expect(lines()).toHaveLength(21);
    expect(lines().at(-1)?.message).toBe('something else');
    await clock.advance(10_000);
    expect(lines().at(-1)).toMatchObject({ message: 'packet damaged', leftOut: 980 });
    logger.warn('packet damaged', { index: 1000 });
    expect(lines().at(-1)).toMatchObject({ index: 1000 });
  });

  it('tells what it held back when it is closed, and leaves no timer', () => {
    const log = open();
    for (let index = 0; index < 3; index++) log.logger.info('again');
    log.close();
    expect(lines().at(-1)).toMatchObject({ message: 'again', repeated: 2 });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('when the folder is gone', () => {
  it('does not throw, and tells afterwards how much was lost', () => {
    const { logger } = open({ folder: folder.file('logs') });
    writeFileSync(folder.file('logs'), 'a file where the folder should be');
    logger.info('lost 1');
    logger.info('lost 2');
    rmSync(folder.file('logs'));
    logger.info('back');
    expect(lines('logs/streamware.log')).toMatchObject([
      { message: 'log lines could not be written', lostLines: 2 },
      { message: 'back' },
    ]);
  });
});

describe('on a terminal', () => {
  it('reads well, and a name from outside cannot repaint it', () => {
    const written: string[] = [];
    const { logger } = open({ folder: null, console: { write: (text) => written.push(text), isTTY: false } });
    logger.info('stream started', { streamId: 'str_1', name: 'Evil \u001b[2J\u202e\nname' });
    const [line = ''] = written;
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}stream started {2}streamId=str_1 name="Evil /);
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
