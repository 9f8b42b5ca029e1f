/** `streamware probe`: what is in a file or behind an address. */
import { resolve } from 'node:path';
import { endpoints } from '../../contract/api/index.ts';
import type { ProbeResult } from '../../contract/api/probe.ts';
import { type Command, type CommandInput, expectPositionals, UsageError } from '../command.ts';
import { connectEngine } from '../engineAccess.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import { formatSpan, printable } from '../format.ts';
import type { CliContext } from '../ports.ts';

export const probe: Command = {
  name: 'probe',
  arguments: 'FILE',
  summary: 'Say what is in a file or behind an address',
  description: [
    'FILE may also be an address: rtmp, rtmps, srt, http, https, rtsp or rtsps. A running engine looks into it.',
  ],
  options: {},
  examples: ['streamware probe show.mp4', 'streamware probe srt://camera.local:9000'],
  run: probeInput,
};

const kindsByScheme = {
  rtmp: 'rtmp',
  rtmps: 'rtmp',
  srt: 'srt',
  http: 'http',
  https: 'http',
  rtsp: 'rtsp',
  rtsps: 'rtsp',
} as const;

async function probeInput(context: CliContext, input: CommandInput): Promise<ExitCode> {
  const [place] = expectPositionals(input, 'FILE');
  const wish = inputOf(place, context.workingDir);
  const client = await connectEngine(context, input);
  const result = await client.call(endpoints.probeInput, { body: { input: wish } });
  context.stdout.write(input.isJson ? `${JSON.stringify(result)}\n` : `${probeLines(result).join('\n')}\n`);
  return exitCodes.ok;
}

type ProbeInput = { type: 'file'; path: string } | { type: 'rtmp' | 'srt' | 'http' | 'rtsp'; url: string };

/** Only what looks like an address is one: a file may be named anything. */
export function inputOf(place: string, workingDir: string): ProbeInput {
  const scheme = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\//i.exec(place)?.groups?.scheme?.toLowerCase();
  if (scheme === undefined) return { type: 'file', path: resolve(workingDir, place) };
  if (scheme in kindsByScheme)
    return { type: kindsByScheme[scheme as keyof typeof kindsByScheme], url: place };
  throw new UsageError(
    `${scheme}:// is not an input; known are ${Object.keys(kindsByScheme).join(', ')} and files`,
  );
}

function probeLines({ format, durationSeconds, video, audio, notices }: ProbeResult): string[] {
  const copy = (canCopy: boolean): string => (canCopy ? 'can be passed through' : 'will be transcoded');
  return [
    `format  ${format}${durationSeconds === null ? '' : `, ${formatSpan(durationSeconds * 1000)}`}`,
    video === null
      ? 'video   none'
      : `video   ${video.codec} ${video.width}x${video.height}${video.fps === null ? '' : `, ${video.fps} fps`}, ${copy(video.canCopy)}`,
    audio === null
      ? 'audio   none'
      : `audio   ${audio.codec}, ${audio.channels} channels, ${audio.sampleRateHz} Hz, ${copy(audio.canCopy)}`,
    ...notices,
  ].map(printable);
}
