import { describe, expect, it } from 'vitest';
import { outputExample, streamExample } from '../../../main/contract/api/examples.ts';
import type { OutputStatus, Stream } from '../../../main/contract/streams.ts';
import { airState } from '../../../renderer/client/airState.ts';

const output = (fields: Partial<OutputStatus> = {}): OutputStatus => ({ ...outputExample, ...fields });
const stream = (outputs: OutputStatus[], fields: Partial<Stream> = {}): Stream => ({
  ...streamExample,
  startedAt: 100,
  outputs,
  ...fields,
});
const preview = output({ kind: 'hls', playbackUrl: '/live/a.m3u8' });
const recording = output({ kind: 'file' });
const retrying = output({ state: 'retrying' });

describe('the on-air light', () => {
  it.each([
    ['nothing runs', [], 'off'],
    ['a stream has stopped', [stream([output()], { state: 'stopped' })], 'off'],
    ['a stream could not start', [stream([output()], { state: 'failed' })], 'off'],
    ['a destination is live', [stream([output()])], 'onAir'],
    ['one of two destinations is live', [stream([retrying, output()])], 'onAir'],
    ['the slate is sent', [stream([output()], { state: 'slate' })], 'onAir'],
    ['it is about to end', [stream([output()], { state: 'stopping' })], 'onAir'],
    ['the first frame is not out yet', [stream([output()], { state: 'starting' })], 'connecting'],
    ['no destination takes it', [stream([retrying])], 'connecting'],
    ['the only destination was switched off', [stream([output({ order: 'off', state: 'off' })])], 'running'],
    ['only this computer sees it', [stream([preview, recording])], 'running'],
    ['HLS is written for another server', [stream([output({ kind: 'hls', playbackUrl: null })])], 'onAir'],
  ])('when %s', (_name, streams, kind) => {
    expect(airState(streams, false).kind).toBe(kind);
  });

  it('counts the HLS page as audience once others can open it', () => {
    expect(airState([stream([preview])], true).kind).toBe('onAir');
  });

  it('runs since the first of the streams that are on air', () => {
    const streams = [stream([output()], { startedAt: 300 }), stream([output()], { startedAt: 200 })];
    expect(airState([...streams, stream([preview], { startedAt: 1 })], false)).toEqual({
      kind: 'onAir',
      sinceMs: 200,
    });
  });
});
