/** RTMP commands: a name, a transaction id, a command object and arguments, in AMF0. Source: RTMP 1.0, 7.1.1 and 7.2. */
import { malformed } from '../flv/malformed.ts';
import { type Amf0Object, type Amf0Value, decodeAmf0, encodeAmf0 } from './amf0.ts';
import { chunkStream, messageType, type RtmpMessage } from './rtmpMessage.ts';

export interface RtmpCommand {
  readonly name: string;
  readonly transactionId: number;
  /** Command object and arguments, in order. */
  readonly values: readonly Amf0Value[];
}

/** A command to be sent. The command object comes first in `values`; null where a command has none. */
export function commandMessage(
  streamId: number,
  name: string,
  transactionId: number,
  ...values: Amf0Value[]
): RtmpMessage {
  const payload = encodeAmf0(name, transactionId, ...values);
  return {
    chunkStreamId: chunkStream.command,
    typeId: messageType.command,
    streamId,
    timestampMs: 0,
    payload,
  };
}

/**
 * A received command; null when the message is none. An AMF3 command message holds AMF0 behind one byte, as far as
 * live programs use it. Throws `media.malformed`.
 */
export function parseCommand(message: RtmpMessage): RtmpCommand | null {
  const { typeId, payload } = message;
  if (typeId !== messageType.command && typeId !== messageType.commandAmf3) return null;
  const isAmf3 = typeId === messageType.commandAmf3 && payload[0] === 0;
  const [name, transactionId, ...values] = decodeAmf0(isAmf3 ? payload.subarray(1) : payload);
  if (typeof name !== 'string') throw malformed('a command without a name');
  return { name, transactionId: typeof transactionId === 'number' ? transactionId : 0, values };
}

/** The value when it is an object with named properties, else an empty one. */
export function asObject(value: Amf0Value): Amf0Object {
  const isObject =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
  return isObject ? (value as Amf0Object) : {};
}

/** The property when it is a string, else an empty one. */
export function textOf(object: Amf0Object, name: string): string {
  const value = object[name];
  return typeof value === 'string' ? value : '';
}
