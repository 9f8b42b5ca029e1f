/**
 * One-shot jobs of ffmpeg (a test encode, the slate): put together with fluent-ffmpeg, run under our own supervision.
 * The only file that knows fluent-ffmpeg, which is archived. It is used for what it is good at, the order of arguments;
 * its own way of running a command asks the binary for lists whose layout it does not know any more (ffmpeg 7 added a
 * column), has no time-out that kills, and leaves its child alone when we die. Streams do not pass through here.
 */
import createCommand from 'fluent-ffmpeg';
import { StreamwareError } from '../../contract/errors.ts';
import { type BriefRunContext, runBriefly } from './briefRun.ts';

export interface MediaJob {
  readonly input: { readonly url: string; readonly options: readonly string[] };
  /** One after the other. */
  readonly videoFilters: readonly string[];
  readonly outputOptions: readonly string[];
  /** The process is killed when it takes longer. */
  readonly timeoutMs: number;
}

/** Not among its type declarations: everything it was told, in order. */
interface ArgumentBuilder {
  _getArguments(): string[];
}

/** The command line of a job that writes to stdout. */
export function jobArguments(job: Omit<MediaJob, 'timeoutMs'>): string[] {
  const command = createCommand().input(job.input.url);
  // Separate arguments are taken as they are; a list would be split at blanks, and a single argument too.
  command.inputOptions('-nostdin', '-hide_banner', '-loglevel', 'error', ...job.input.options);
  command.videoFilters([...job.videoFilters]);
  command.outputOptions('-map_metadata', '-1', ...job.outputOptions);
  command.output('pipe:1');
  return (command as unknown as ArgumentBuilder)._getArguments();
}

/**
 * Runs a job.
 * @returns what it wrote.
 * @throws `encoder.failed` when it ends in failure or takes too long, `ffmpeg.missing`.
 */
export async function runJob(ffmpegPath: string, job: MediaJob, context: BriefRunContext): Promise<Buffer> {
  const { timeoutMs } = job;
  const { code, stdout, hasTimedOut } = await runBriefly(
    ffmpegPath,
    { args: jobArguments(job), timeoutMs },
    context,
  );
  if (code === 0) return stdout;
  const detail = hasTimedOut ? `It took longer than ${timeoutMs / 1000} s.` : 'ffmpeg could not do it.';
  throw new StreamwareError('encoder.failed', { detail });
}
