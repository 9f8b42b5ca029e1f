import { describe, expect, it } from 'vitest';
import * as control from '../../../../main/media/rtmp/protocolControl.ts';

describe('protocol control messages', () => {
  it.each([
    ['acknowledgement', control.acknowledgement(2 ** 32 + 7), 3, '00000007', { sequence: 7 }],
    [
      'windowAcknowledgementSize',
      control.windowAcknowledgementSize(250_000),
      5,
      '0003d090',
      { bytes: 250_000 },
    ],
    [
      'setPeerBandwidth',
      control.setPeerBandwidth(1000, control.bandwidthLimit.dynamic),
      6,
      '000003e802',
      { bytes: 1000, limit: 2 },
    ],
    [
      'userControl',
      control.userControl(control.userControlEvent.streamBegin, 1),
      4,
      '000000000001',
      { event: 0, data: Buffer.from([0, 0, 0, 1]) },
    ],
  ] as const)('%s is written and read', (kind, message, typeId, payload, fields) => {
    expect(message).toMatchObject({ chunkStreamId: 2, streamId: 0, typeId });
    expect(message.payload.toString('hex')).toBe(payload);
    expect(control.parseProtocolControl(message)).toEqual({ kind, ...fields });
  });

  it('answers a ping with its own bytes', () => {
    expect(control.pingResponse(Buffer.from('deadbeef', 'hex')).payload.toString('hex')).toBe('0007deadbeef');
  });

  it('is null for media', () => {
    const media = { chunkStreamId: 4, typeId: 8, streamId: 1, timestampMs: 0, payload: Buffer.alloc(0) };
    expect(control.parseProtocolControl(media)).toBeNull();
  });

  it.each([3, 4, 5, 6])('refuses type %d without content', (typeId) => {
    const message = { chunkStreamId: 2, typeId, streamId: 0, timestampMs: 0, payload: Buffer.alloc(1) };
    expect(() => control.parseProtocolControl(message)).toThrow(
      expect.objectContaining({ code: 'media.malformed' }),
    );
  });
});
