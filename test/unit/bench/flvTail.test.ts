import { describe, expect, it } from 'vitest';
import { type ArrivedFrame, FlvFrames } from '../../bench/flvTail.ts';

const fileHeader = Buffer.from([...Buffer.from('FLV'), 1, 5, 0, 0, 0, 9, 0, 0, 0, 0]);

function tag(type: number, timestampMs: number, body: readonly number[]): Buffer {
  const bytes = Buffer.alloc(11 + body.length + 4);
  bytes[0] = type;
  bytes.writeUIntBE(body.length, 1, 3);
  bytes.writeUIntBE(timestampMs & 0xffffff, 4, 3);
  bytes[7] = timestampMs >>> 24;
  bytes.set(body, 11);
  bytes.writeUInt32BE(11 + body.length, 11 + body.length);
  return bytes;
}

const file = Buffer.concat([
  fileHeader,
  tag(18, 0, [2, 0, 1, 65]),
  tag(9, 0, [0x17, 0, 0, 0, 0, 1]),
  tag(8, 0, [0xaf, 0, 0x11, 0x90]),
  tag(9, 0, [0x17, 1, 0, 0, 0, 9, 9]),
  tag(8, 5, [0xaf, 1, 7]),
  tag(9, 0x1000028, [0x27, 1, 0, 0, 0, 9]),
]);

const expected = [
  { kind: 'video', dtsMs: 0, isKey: true, bytes: 7 },
  { kind: 'audio', dtsMs: 5, isKey: true, bytes: 3 },
  { kind: 'video', dtsMs: 0x1000028, isKey: false, bytes: 6 },
];
const facts = (frames: readonly ArrivedFrame[]) => frames.map(({ arrivedMs: _, ...rest }) => rest);

describe('frames in an FLV file that grows', () => {
  it('are the coded ones, without headers and metadata', () => {
    expect(facts(new FlvFrames().push(file, 1))).toEqual(expected);
  });

  it('come out the same, whatever pieces the file grows in', () => {
    for (const step of [1, 3, 11, 40]) {
      const frames = new FlvFrames();
      const found: ArrivedFrame[] = [];
      for (let offset = 0; offset < file.length; offset += step) {
        found.push(...frames.push(file.subarray(offset, offset + step), offset));
      }
      expect(facts(found)).toEqual(expected);
    }
  });

  it('bear the time at which their last byte came', () => {
    const frames = new FlvFrames();
    expect(frames.push(file.subarray(0, file.length - 1), 10).length).toBe(2);
    expect(frames.push(file.subarray(file.length - 1), 20).map(({ arrivedMs }) => arrivedMs)).toEqual([20]);
  });
});
