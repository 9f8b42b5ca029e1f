import { expect, test } from 'vitest';
import type { MediaTag } from '../../../../../main/media/flv/mediaTag.ts';
import { Amf0EcmaArray, encodeAmf0 } from '../../../../../main/media/rtmp/amf0.ts';
import { MediaMessages } from '../../../../../main/media/rtmp/ingest/mediaMessages.ts';
import { messageType } from '../../../../../main/media/rtmp/rtmpMessage.ts';

const avcFrame = Buffer.from([0x17, 1, 0, 0, 0, 9]);
const avcHeader = Buffer.from([0x17, 0, 0, 0, 0, 9]);
const aacFrame = Buffer.from([0xaf, 1, 9]);

function reader(): {
  media: MediaMessages;
  read(typeId: number, timestampMs: number, payload: Buffer): MediaTag[];
} {
  const media = new MediaMessages();
  return {
    media,
    read(typeId, timestampMs, payload) {
      const tags: MediaTag[] = [];
      media.read({ typeId, timestampMs, payload, streamId: 1, chunkStreamId: 4 }, (tag) => tags.push(tag));
      return tags;
    },
  };
}

test('sound and picture keep their payload, uncopied', () => {
  const { read } = reader();
  const [video] = read(messageType.video, 40, avcFrame);
  expect(video).toMatchObject({ kind: 'video', codec: 'h264', frame: 'key', timestampMs: 40 });
  expect(video?.payload).toBe(avcFrame);
  expect(read(messageType.audio, 41, aacFrame)).toMatchObject([
    { kind: 'audio', codec: 'aac', frame: 'sound' },
  ]);
});

test('the timeline goes on past 32 bits; a header that says 0 is no wrap', () => {
  const { read } = reader();
  const last = 2 ** 32 - 20;
  expect(read(messageType.video, last, avcFrame)[0]?.timestampMs).toBe(last);
  expect(read(messageType.video, 0, avcHeader)[0]?.timestampMs).toBe(last);
  expect(read(messageType.audio, last + 3, aacFrame)[0]?.timestampMs).toBe(last + 3);
  expect(read(messageType.video, 20, avcFrame)[0]?.timestampMs).toBe(2 ** 32 + 20);
});

test.each([
  { name: 'with @setDataFrame', typeId: messageType.data, before: encodeAmf0('@setDataFrame') },
  { name: 'without it', typeId: messageType.data, before: Buffer.alloc(0) },
  { name: 'in an AMF3 message', typeId: messageType.dataAmf3, before: Buffer.from([0]) },
])('metadata $name becomes a data tag and is kept', ({ typeId, before }) => {
  const { media, read } = reader();
  const script = encodeAmf0('onMetaData', new Amf0EcmaArray({ width: 640, encoder: 'obs' }));
  expect(read(typeId, 0, Buffer.concat([before, script]))).toEqual([
    { kind: 'data', timestampMs: 0, payload: script },
  ]);
  expect(media.metadata).toEqual({ width: 640, encoder: 'obs' });
});

test('@clearDataFrame and empty data are not handed on', () => {
  const { read } = reader();
  expect(read(messageType.data, 0, encodeAmf0('@clearDataFrame', 'onMetaData'))).toEqual([]);
  expect(read(messageType.data, 0, Buffer.alloc(0))).toEqual([]);
});

function aggregated(typeId: number, timestampMs: number, body: Buffer): Buffer {
  const header = Buffer.alloc(11);
  header.writeUInt8(typeId, 0);
  header.writeUIntBE(body.length, 1, 3);
  header.writeUIntBE(timestampMs, 4, 3);
  return Buffer.concat([header, body, Buffer.alloc(4)]);
}

test('an aggregate is taken apart, on the time of the aggregate itself', () => {
  const { read } = reader();
  const payload = Buffer.concat([aggregated(9, 500, avcFrame), aggregated(8, 523, aacFrame)]);
  expect(read(messageType.aggregate, 9_000, payload)).toMatchObject([
    { kind: 'video', timestampMs: 9_000, payload: avcFrame },
    { kind: 'audio', timestampMs: 9_023, payload: aacFrame },
  ]);
});

test('an aggregate that is cut off or holds another one gives what is whole and plain', () => {
  const { read } = reader();
  const inner = aggregated(messageType.aggregate, 0, aggregated(9, 0, avcFrame));
  const payload = Buffer.concat([
    aggregated(8, 0, aacFrame),
    inner,
    aggregated(9, 5, avcFrame).subarray(0, 14),
  ]);
  expect(read(messageType.aggregate, 0, payload)).toMatchObject([{ kind: 'audio' }]);
});
