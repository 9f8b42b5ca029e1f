/** Every subcommand, in the order of the help. */
import type { Command } from '../command.ts';
import { doctor } from './doctor.ts';
import { open } from './open.ts';
import { probe } from './probe.ts';
import { run } from './run.ts';
import { serve } from './serve.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { streams } from './streams.ts';
import { token } from './token.ts';

export const commands: readonly Command[] = [open, run, serve, stop, status, streams, probe, token, doctor];
