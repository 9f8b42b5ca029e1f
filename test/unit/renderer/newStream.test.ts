import { describe, expect, it } from 'vitest';
import { createStreamSchema } from '../../../main/contract/api/streams.ts';
import type { Problem } from '../../../main/contract/errors.ts';
import { StreamwareError } from '../../../main/contract/errors.ts';
import { sortRefusal } from '../../../renderer/components/formIssues.ts';
import { emptyDraft } from '../../../renderer/features/destinations/draft.ts';
import {
  emptyStream,
  formField,
  type NewStream,
  newIngestKey,
  streamIssues,
  toConfig,
  withSourceText,
} from '../../../renderer/features/newStream/newStream.ts';
import { catalogue } from '../../helpers/simulatedEngine.ts';

const names = { preview: 'Podgląd', recording: 'Nagranie' };
const form = (fields: Partial<NewStream>): NewStream => ({ ...emptyStream, ...fields });
const twoRows = form({
  destinations: [emptyDraft(0), { id: 4, service: 'twitch', url: '', key: 'k' }],
  isRecording: true,
});

describe('the new-stream form becomes a request', () => {
  it('with everything it can hold', () => {
    const filled = form({
      name: 'Talk',
      source: 'file',
      sourceValue: '/a.mp4',
      isLooped: true,
      size: '1280x720',
      bitrateKbps: 3000,
      destinations: twoRows.destinations,
      isRecording: true,
    });
    expect(toConfig(filled, catalogue, names)).toEqual({
      name: 'Talk',
      input: { type: 'file', path: '/a.mp4', loop: true },
      processing: [{ type: 'transcode', codec: 'h264', bitrateKbps: 3000, width: 1280, height: 720 }],
      output: [
        { type: 'rtmp', service: 'twitch', key: 'k' },
        { type: 'hls', name: 'Podgląd' },
        { type: 'file', name: 'Nagranie' },
      ],
    });
  });

  it.each([
    [{ source: 'test' }, { type: 'test' }],
    [{ source: 'screen' }, { type: 'screen' }],
    [
      { source: 'ingest', sourceValue: 'k' },
      { type: 'ingest', key: 'k' },
    ],
    [
      { source: 'pull', sourceValue: 'RTMPS://s/a' },
      { type: 'rtmp', url: 'RTMPS://s/a' },
    ],
    [
      { source: 'pull', sourceValue: 'srt://s:1' },
      { type: 'srt', url: 'srt://s:1' },
    ],
    [
      { source: 'pull', sourceValue: 'rtsp://c/1' },
      { type: 'rtsp', url: 'rtsp://c/1' },
    ],
    [
      { source: 'pull', sourceValue: 'https://s/l.m3u8' },
      { type: 'http', url: 'https://s/l.m3u8' },
    ],
  ] as const)('with the source %j', (fields, input) => {
    const config = toConfig(form(fields), catalogue, names);
    expect(config.input).toEqual(input);
    expect(createStreamSchema.safeParse(config).success).toBe(true);
  });

  it('understands an address wherever it is pasted', () => {
    expect(withSourceText(form({ source: 'file' }), 'rtmp://s/a')).toEqual({
      source: 'pull',
      sourceValue: 'rtmp://s/a',
    });
    expect(withSourceText(form({ source: 'ingest' }), 'rtmp://127.0.0.1:1935/live/abc')).toEqual({
      sourceValue: 'abc',
    });
    expect(withSourceText(form({ source: 'file' }), 'a.mp4')).toEqual({ sourceValue: 'a.mp4' });
  });

  it('makes keys nobody guesses', () => {
    const keys = Array.from({ length: 50 }, newIngestKey);
    expect(new Set(keys).size).toBe(50);
    expect(keys.every((key) => /^[a-z0-9]{12}$/.test(key))).toBe(true);
  });
});

describe('what is wrong with the new-stream form', () => {
  it.each([
    [{ source: 'file' }, ['sourceValue missing']],
    [{ source: 'pull', sourceValue: 'camera' }, ['sourceValue addressScheme']],
    [{ bitrateKbps: 0 }, ['bitrateKbps bitrateRange']],
    [{ destinations: [{ ...emptyDraft(2), service: 'twitch' }] }, ['destinations.2.key keyMissing']],
    [{}, []],
  ] as const)('%j', (fields, expected) => {
    const issues = streamIssues(form(fields), catalogue);
    expect(issues.map((issue) => `${issue.field} ${'reason' in issue ? issue.reason : ''}`)).toEqual(
      expected,
    );
  });

  it.each([
    ['name', 'name'],
    ['input.path', 'sourceValue'],
    ['input', 'sourceValue'],
    ['processing.0.bitrateKbps', 'bitrateKbps'],
    ['processing.0.height', 'size'],
    ['output.0.key', 'destinations.4.key'],
    ['output.0.url', 'destinations.4.url'],
    ['output.0', 'destinations.4.service'],
    ['output.0.rendition.bitrateKbps', 'destinations.4.service'],
    ['output.1.path', 'preview'],
    ['output.2.path', 'record'],
    ['slate.image', null],
  ])('shows what the engine says of %s at %s', (path, field) => {
    expect(formField(path, twoRows)).toBe(field);
  });
});

describe('a refusal of the engine', () => {
  const toField = (path: string): string | null => (path === 'a' || path === 'b' ? `field-${path}` : null);
  const refusal = (fields: Partial<Problem>): Problem => ({
    ...new StreamwareError('request.invalid').toProblem(),
    ...fields,
  });

  it('is sorted to its fields, and says that something is left', () => {
    const issues = [
      { field: 'a', detail: 'is missing' },
      { field: 'b', detail: 'must not be empty' },
      { field: 'c', detail: 'is not a known field here' },
    ];
    const sorted = sortRefusal(refusal({ issues }), toField);
    expect(sorted.isRest).toBe(true);
    expect(sorted.issues).toMatchObject([
      { field: 'field-a', detail: 'is missing' },
      { field: 'field-b', detail: 'must not be empty' },
    ]);
  });

  it('does not repeat the name of the field at the field', () => {
    const sorted = sortRefusal(refusal({ field: 'a', detail: 'a is missing' }), toField);
    expect(sorted).toMatchObject({ isRest: false, issues: [{ field: 'field-a', detail: 'is missing' }] });
  });

  it('without a field is shown for the whole form', () => {
    expect(sortRefusal(refusal({}), toField)).toEqual({ isRest: true, issues: [] });
  });
});
