/** A stream while it is put together: what the form holds, what is wrong with it, and the request it becomes. */
import type { Destination } from '../../../main/contract/api/destinations.ts';
import type { StreamConfigInput } from '../../../main/contract/streams.ts';
import type { FormIssue } from '../../components/formIssues.ts';
import {
  type DestinationDraft,
  draftIssues,
  emptyDraft,
  fieldName,
  isUsed,
  rowField,
  toOutput,
} from '../destinations/draft.ts';
import { schemeOf } from '../destinations/pastedAddress.ts';

export const sources = ['test', 'file', 'screen', 'ingest', 'pull'] as const;
export type Source = (typeof sources)[number];
/** Height of the picture; empty: as the source has it. */
export const sizes = ['', '1920x1080', '1280x720', '854x480'] as const;
export const MIN_BITRATE_KBPS = 100;
export const MAX_BITRATE_KBPS = 60_000;

export interface NewStream {
  readonly name: string;
  readonly source: Source;
  /** Path, key or address, depending on the source. */
  readonly sourceValue: string;
  /** A file begins anew at its end. */
  readonly isLooped: boolean;
  readonly size: (typeof sizes)[number];
  readonly bitrateKbps: number;
  readonly destinations: readonly DestinationDraft[];
  readonly hasPreview: boolean;
  readonly isRecording: boolean;
}

export const emptyStream: NewStream = {
  name: '',
  source: 'test',
  sourceValue: '',
  isLooped: false,
  size: '',
  bitrateKbps: 4500,
  destinations: [emptyDraft(0)],
  hasPreview: true,
  isRecording: false,
};

/** Names of the outputs that have none of their own, in the user's language. */
export interface OutputNames {
  readonly preview: string;
  readonly recording: string;
}

/** The form as a stream the engine understands. The engine checks every value. */
export function toConfig(
  form: NewStream,
  catalogue: readonly Destination[],
  names: OutputNames,
): StreamConfigInput {
  return {
    ...(form.name.trim() === '' ? {} : { name: form.name }),
    input: toInput(form),
    processing: [{ type: 'transcode', codec: 'h264', ...pictureOf(form) }],
    output: [
      ...usedDestinations(form).map((draft) => toOutput(draft, catalogue)),
      ...(form.hasPreview ? [{ type: 'hls' as const, name: names.preview }] : []),
      ...(form.isRecording ? [{ type: 'file' as const, name: names.recording }] : []),
    ],
  };
}

/** What one destination gets. */
export function pictureOf({ size, bitrateKbps }: Pick<NewStream, 'size' | 'bitrateKbps'>): {
  bitrateKbps: number;
  width?: number;
  height?: number;
} {
  const [width, height] = size.split('x').map(Number);
  return { bitrateKbps, ...(width && height ? { width, height } : {}) };
}

export function usedDestinations(form: NewStream): readonly DestinationDraft[] {
  return form.destinations.filter(isUsed);
}

/** What can be seen to be wrong without asking the engine. */
export function streamIssues(form: NewStream, catalogue: readonly Destination[]): FormIssue[] {
  const isBitrateOff = form.bitrateKbps < MIN_BITRATE_KBPS || form.bitrateKbps > MAX_BITRATE_KBPS;
  return [
    ...sourceIssues(form),
    ...(isBitrateOff ? [{ field: 'bitrateKbps', reason: 'bitrateRange' as const }] : []),
    ...form.destinations.flatMap((draft) => draftIssues(draft, catalogue)),
  ];
}

function sourceIssues({ source, sourceValue }: NewStream): FormIssue[] {
  if (source === 'test' || source === 'screen') return [];
  if (sourceValue.trim() === '') return [{ field: 'sourceValue', reason: 'missing' }];
  return source === 'pull' && schemeOf(sourceValue) === null
    ? [{ field: 'sourceValue', reason: 'addressScheme' }]
    : [];
}

/** The form's field for a path in the engine's refusal, such as `output.1.key`; null when it has none. */
export function formField(path: string, form: NewStream): string | null {
  if (path === 'name') return 'name';
  if (path === 'input' || path.startsWith('input.')) return 'sourceValue';
  if (path.startsWith('processing.')) return /\.(width|height)$/.test(path) ? 'size' : 'bitrateKbps';
  const output = /^outputs?\.(?<index>\d+)(?:\.(?<field>\w+))?/.exec(path)?.groups;
  if (!output) return null;
  const index = Number(output.index);
  const used = usedDestinations(form);
  const draft = used[index];
  if (draft) return fieldName(draft, rowField(output.field ?? ''));
  return form.hasPreview && index === used.length ? 'preview' : 'record';
}

function toInput({ source, sourceValue, isLooped }: NewStream): StreamConfigInput['input'] {
  switch (source) {
    case 'test':
    case 'screen':
      return { type: source };
    case 'file':
      return { type: 'file', path: sourceValue, loop: isLooped };
    case 'ingest':
      return { type: 'ingest', key: sourceValue };
    case 'pull':
      return { type: pullType(sourceValue), url: sourceValue };
  }
}

function pullType(url: string): 'rtmp' | 'srt' | 'http' | 'rtsp' {
  const scheme = schemeOf(url);
  if (scheme === 'srt') return 'srt';
  if (scheme === 'rtsp' || scheme === 'rtsps') return 'rtsp';
  return scheme === 'rtmp' || scheme === 'rtmps' ? 'rtmp' : 'http';
}

/** What was typed or pasted as the source: an address in the place of a path is an address; of a sender's address only the key counts. */
export function withSourceText(form: NewStream, text: string): Partial<NewStream> {
  const isAddress = schemeOf(text) !== null;
  if (form.source === 'file' && isAddress) return { source: 'pull', sourceValue: text };
  if (form.source === 'ingest' && isAddress) return { sourceValue: text.trim().split('/').at(-1) ?? '' };
  return { sourceValue: text };
}

/** A key for a sender, long enough that nobody guesses it and short enough to be typed into a phone. */
export function newIngestKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => 'abcdefghjkmnpqrstuvwxyz23456789'[byte % 31]).join('');
}
