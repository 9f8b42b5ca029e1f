/** A screen that exists in memory alone, with something moving on it. Null where Xvfb or ffplay is missing. */
import { once } from 'node:events';
import { delay, systemClock } from '../../main/lib/clock.ts';
import { findProgram, startPeer } from '../helpers/childProcess.ts';
import { Scope } from './scope.ts';

export interface MovingScreen {
  /** As X11 names it: `:99`. */
  readonly display: string;
  stop(): Promise<void>;
}

const SETTLE_MS = 2000;

export async function startMovingScreen(width: number, height: number): Promise<MovingScreen | null> {
  if (findProgram('Xvfb') === null || findProgram('ffplay') === null) return null;
  const scope = new Scope();
  const server = scope.own(
    await startPeer({
      command: 'Xvfb',
      args: ['-displayfd', '1', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-ac'],
      ownStdout: true,
    }),
  );
  const stdout = server.process.stdout;
  const number = stdout === null ? '' : String((await once(stdout, 'data'))[0]).trim();
  const display = `:${number}`;
  const picture = `testsrc2=s=${width}x${height}:r=30`;
  const window = ['-noborder', '-left', '0', '-top', '0', '-loglevel', 'error', '-an'];
  scope.own(
    await startPeer({
      command: 'ffplay',
      args: [...window, '-f', 'lavfi', '-i', picture],
      env: { ...process.env, DISPLAY: display, SDL_AUDIODRIVER: 'dummy', SDL_RENDER_DRIVER: 'software' },
    }),
  );
  await delay(systemClock, SETTLE_MS);
  return { display, stop: () => scope.end() };
}
