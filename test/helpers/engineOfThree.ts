/**
 * A program that starts three ffmpeg children as the engine does, prints their pids and that of the guardian as JSON, and
 * then waits to be killed. Arguments: path of ffmpeg, address of a server that accepts and says nothing.
 */
import { systemClock } from '../../main/lib/clock.ts';
import { nullLogger } from '../../main/lib/logger.ts';
import { Redactor } from '../../main/lib/redactor.ts';
import { createFfmpegRunner } from '../../main/media/ffmpeg/ffmpegRunner.ts';
import { createGuardian } from '../../main/media/ffmpeg/guardian.ts';

const [, , ffmpegPath = 'ffmpeg', silentUrl = ''] = process.argv;
const guardian = createGuardian({ clock: systemClock, logger: nullLogger });
const runner = createFfmpegRunner({
  binary: () => ({ ffmpegPath }),
  clock: systemClock,
  logger: nullLogger,
  redactor: new Redactor(),
  guardian,
});
const spawn = (args: string, feedsStdin = false): number =>
  runner.spawn({ purpose: 'test', args: args.split(' '), feedsStdin, mediaPipes: 0 }).pid;

const children = [
  spawn('-f flv -i pipe:0 -c copy -f null -', true),
  spawn(`-f flv -i ${silentUrl} -f null -`),
  spawn('-re -f lavfi -i testsrc2=s=160x90:r=25 -f null -'),
];
process.stdout.write(JSON.stringify([...children, guardian.pid]));
systemClock.every(1000, () => undefined);
