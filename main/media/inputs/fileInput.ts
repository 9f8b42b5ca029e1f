import { resolve } from 'node:path';
import type { Input } from '../../contract/inputs.ts';
import { type InputContext, type InputSource, singleSource } from './inputSource.ts';
import { fileFormats } from './mediaFormats.ts';

type FileInput = Extract<Input, { type: 'file' }>;

/**
 * A media file, and nothing that it may point to: the protocol is spelled out and the only one allowed, so that neither
 * `concat:`, `data:` or `%03d` in a name nor a reference inside the file opens anything else.
 */
export function fileSource(input: FileInput, context: InputContext): InputSource {
  const start = filePositionSeconds(input, context.elapsedMs, context.durationSeconds);
  const named = context.fileFormat ? ['-f', context.fileFormat] : [];
  const options = ['-protocol_whitelist', 'file', '-format_whitelist', fileFormats, ...named];
  const readOptions = [
    ...(input.loop ? ['-stream_loop', '-1'] : []),
    ...(start > 0 ? ['-ss', start.toFixed(3)] : []),
  ];
  return singleSource(
    { options, readOptions, url: fileUrl(input.path) },
    { pacing: 'always', isEntered: start > 0, canSeek: true, hasSteadySize: true, probing: 'file' },
  );
}

/** Absolute and with its protocol: no name can then be taken for an option, a pattern or another protocol. */
export function fileUrl(path: string): string {
  return `file:${resolve(path)}`;
}

/** Where in the file the input is, `elapsedMs` after it began. */
export function filePositionSeconds(
  input: Pick<FileInput, 'loop' | 'startSeconds'>,
  elapsedMs: number,
  durationSeconds: number | null,
): number {
  const position = input.startSeconds + elapsedMs / 1000;
  if (!input.loop || durationSeconds === null || durationSeconds <= 0) return position;
  return position % durationSeconds;
}
