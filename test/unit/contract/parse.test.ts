import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { InvalidValueError, parseWith } from '../../../main/contract/parse.ts';
import { streamConfigSchema } from '../../../main/contract/streams.ts';

function issuesOf(value: unknown, schema: z.ZodType = streamConfigSchema): string[] {
  try {
    parseWith(schema, value);
  } catch (error) {
    if (error instanceof InvalidValueError)
      return error.issues.map(({ field, detail }) => `${field} ${detail}`.trim());
    throw error;
  }
  return [];
}

const good = { input: { type: 'test' }, output: [{ type: 'hls' }] };

describe('parseWith', () => {
  it.each([
    ['nothing', undefined, ['is missing']],
    ['a list', [], ['must be an object']],
    ['an empty object', {}, ['input is missing', 'output is missing']],
    [
      'an unknown kind of input',
      { ...good, input: { type: 'webcam' } },
      ['input.type must be one of test, file, rtmp, ingest, srt, http, rtsp, screen, camera'],
    ],
    ['no output', { ...good, output: [] }, ['output must have at least one output']],
    ['an output that is no list', { ...good, output: { type: 'hls' } }, ['output must be an array']],
    [
      'an unknown field',
      { ...good, output: [{ type: 'hls', colour: 1 }] },
      ['output.0.colour is not a known field here'],
    ],
    [
      'a number as text',
      { ...good, output: [{ type: 'hls', segmentSeconds: '2' }] },
      ['output.0.segmentSeconds must be a number'],
    ],
    [
      'half a segment',
      { ...good, output: [{ type: 'hls', windowSegments: 2.5 }] },
      ['output.0.windowSegments must be a whole number'],
    ],
    [
      'too large a number',
      { ...good, output: [{ type: 'hls', segmentSeconds: 99 }] },
      ['output.0.segmentSeconds must be at most 20'],
    ],
    ['zero where more is needed', { ...good, durationSeconds: 0 }, ['durationSeconds must be more than 0']],
    [
      'infinity',
      { ...good, durationSeconds: Number.POSITIVE_INFINITY },
      ['durationSeconds must be a number'],
    ],
    ['an empty path', { ...good, input: { type: 'file', path: '' } }, ['input.path must not be empty']],
    [
      'a wrong scheme',
      { ...good, input: { type: 'rtmp', url: 'http://x' } },
      ['input.url must be an address that begins with rtmp:// or rtmps://'],
    ],
    [
      'a forbidden id',
      { ...good, output: [{ type: 'hls', id: '../x' }] },
      ['output.0.id may have letters, digits, - and _ only'],
    ],
  ])('says what is wrong with %s', (_name, value, expected) => {
    expect(issuesOf(value)).toEqual(expected);
  });

  it('calls the value as a whole by its name', () => {
    const error = catchError(() => parseWith(streamConfigSchema, [], 'body'));
    expect(error).toMatchObject({ field: 'body', detail: 'body must be an object' });
    expect(catchError(() => parseWith(streamConfigSchema, {}, 'body'))).toMatchObject({ field: 'input' });
  });

  it('shows a name that was made up as one short word of one line', () => {
    const names = ['', 'a b', 'x'.repeat(100_000), '\u001b[2J', '\u202egnp.exe', '\ud800'];
    const shown = names.flatMap((name) => issuesOf({ ...good, [name]: 1 }));
    expect(shown.map((text) => text.replace(' is not a known field here', ''))).toEqual([
      '""',
      '"a b"',
      `"${'x'.repeat(64)}…"`,
      '"\uFFFD[2J"',
      '"\uFFFDgnp.exe"',
      '"\uFFFD"',
    ]);
  });

  it('counts no more faults than a person reads', () => {
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x${index}`, index]));
    expect(issuesOf({ ...good, ...fields })).toHaveLength(100);
    expect(issuesOf({ ...good, processing: Array.from({ length: 5000 }, () => 1) }).length).toBeLessThan(101);
  });

  it('names the first field and carries all of them', () => {
    const error = catchError(() => parseWith(streamConfigSchema, { input: {}, output: [{}] }));
    expect(error).toMatchObject({
      code: 'request.invalid',
      field: 'input.type',
      issues: [{ field: 'input.type' }, { field: 'output.0.type' }],
    });
  });

  it('never repeats a value, which may be a key', () => {
    const values = {
      ...good,
      output: [
        { type: 'SECRETx7', key: 'SECRETy8' },
        { type: 'rtmp', key: ['SECRETz9'], id: 'SECRET/a1' },
      ],
    };
    expect(issuesOf(values).join()).not.toContain('SECRET');
  });

  it('gives the parsed value, with defaults', () => {
    expect(parseWith(streamConfigSchema, { input: good.input, outputs: good.output })).toMatchObject({
      name: 'Stream',
      replaySeconds: 30,
    });
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
