import type { StreamConfigInput } from '../../../main/contract/streams.ts';

/** What the form holds. */
export interface NewStream {
  name: string;
  source: 'test' | 'file' | 'screen' | 'ingest' | 'pull';
  sourceValue: string;
  bitrateKbps: number;
  destinations: readonly { url: string; key: string }[];
  hasPreview: boolean;
  isRecording: boolean;
}

export const emptyStream: NewStream = {
  name: '',
  source: 'test',
  sourceValue: '',
  bitrateKbps: 2500,
  destinations: [{ url: '', key: '' }],
  hasPreview: true,
  isRecording: false,
};

/** The form as a stream the engine understands. The engine checks every value; nothing is checked twice here. */
export function toConfig(form: NewStream): StreamConfigInput {
  return {
    ...(form.name.trim() === '' ? {} : { name: form.name }),
    input: toInput(form),
    processing: [{ type: 'transcode', codec: 'h264', bitrateKbps: form.bitrateKbps }],
    output: [
      ...form.destinations.filter(({ url }) => url.trim() !== '').map(toOutput),
      ...(form.hasPreview ? [{ type: 'hls' as const, name: 'Preview' }] : []),
      ...(form.isRecording ? [{ type: 'file' as const, name: 'Recording' }] : []),
    ],
  };
}

function toInput({ source, sourceValue }: NewStream): StreamConfigInput['input'] {
  switch (source) {
    case 'test':
    case 'screen':
      return { type: source };
    case 'file':
      return { type: 'file', path: sourceValue };
    case 'ingest':
      return { type: 'ingest', key: sourceValue };
    case 'pull':
      return { type: pullType(sourceValue), url: sourceValue };
  }
}

function pullType(url: string): 'rtmp' | 'srt' | 'http' | 'rtsp' {
  const scheme = url.trim().toLowerCase().split('://')[0];
  if (scheme === 'srt') return 'srt';
  if (scheme === 'rtsp' || scheme === 'rtsps') return 'rtsp';
  return scheme === 'rtmp' || scheme === 'rtmps' ? 'rtmp' : 'http';
}

function toOutput({ url, key }: { url: string; key: string }): StreamConfigInput['output'][number] {
  const scheme = url.trim().toLowerCase().split('://')[0];
  if (scheme === 'srt') return { type: 'srt', url };
  return { type: scheme === 'rtmps' ? 'rtmps' : 'rtmp', url, ...(key === '' ? {} : { key }) };
}
