/** The messages with which two RTMP peers steer the connection itself. Source: RTMP 1.0, 5.4 and 7.1.7. */
import { malformed } from '../flv/malformed.ts';
import { chunkStream, messageType, type RtmpMessage } from './rtmpMessage.ts';

export const userControlEvent = {
  streamBegin: 0,
  streamEnd: 1,
  streamDry: 2,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
} as const;

export const bandwidthLimit = { hard: 0, soft: 1, dynamic: 2 } as const;

export type ProtocolControl =
  /** `sequence`: bytes received so far, modulo 2^32. */
  | { readonly kind: 'acknowledgement'; readonly sequence: number }
  /** The peer wants an acknowledgement each time it has sent this many bytes. */
  | { readonly kind: 'windowAcknowledgementSize'; readonly bytes: number }
  | { readonly kind: 'setPeerBandwidth'; readonly bytes: number; readonly limit: number }
  | { readonly kind: 'userControl'; readonly event: number; readonly data: Buffer };

/** A received control message as data; null when it is another kind of message. Throws `media.malformed` on a wrong length. */
export function parseProtocolControl(message: RtmpMessage): ProtocolControl | null {
  const { typeId, payload } = message;
  switch (typeId) {
    case messageType.acknowledgement:
      return { kind: 'acknowledgement', sequence: uint32(payload) };
    case messageType.windowAcknowledgementSize:
      return { kind: 'windowAcknowledgementSize', bytes: uint32(payload) };
    case messageType.setPeerBandwidth:
      return { kind: 'setPeerBandwidth', bytes: uint32(payload), limit: payload[4] ?? bandwidthLimit.hard };
    case messageType.userControl:
      if (payload.length < 2) throw malformed('a user control message of impossible length');
      return { kind: 'userControl', event: payload.readUInt16BE(0), data: payload.subarray(2) };
    default:
      return null;
  }
}

/** From the next message on the sender cuts chunks of `bytes` (1 to 16777215). */
export function setChunkSize(bytes: number): RtmpMessage {
  return control(messageType.setChunkSize, fourBytes(bytes));
}

export function acknowledgement(receivedBytes: number): RtmpMessage {
  return control(messageType.acknowledgement, fourBytes(receivedBytes % 2 ** 32));
}

export function windowAcknowledgementSize(bytes: number): RtmpMessage {
  return control(messageType.windowAcknowledgementSize, fourBytes(bytes));
}

export function setPeerBandwidth(bytes: number, limit: number): RtmpMessage {
  return control(messageType.setPeerBandwidth, Buffer.concat([fourBytes(bytes), Buffer.from([limit])]));
}

/** `value` is the message stream id, or the time of a ping. */
export function userControl(event: number, value: number): RtmpMessage {
  return control(messageType.userControl, Buffer.concat([Buffer.from([0, event]), fourBytes(value)]));
}

/** The answer to a ping request: its own bytes, whatever they are. */
export function pingResponse(data: Buffer): RtmpMessage {
  const event = Buffer.from([0, userControlEvent.pingResponse]);
  return control(messageType.userControl, Buffer.concat([event, data.subarray(0, 4)]));
}

function control(typeId: number, payload: Buffer): RtmpMessage {
  return { chunkStreamId: chunkStream.control, typeId, streamId: 0, timestampMs: 0, payload };
}

function fourBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint32(payload: Buffer): number {
  if (payload.length < 4) throw malformed('a control message of impossible length');
  return payload.readUInt32BE(0);
}
