/**
 * The simple RTMP handshake, both sides, as state machines without I/O: bytes in, reply and surplus out.
 * The digest variant of Flash is not offered: no live server demands it of a publisher. Bounded by its fixed sizes.
 * Source: RTMP 1.0, 5.2.
 *
 *   client: send C0 C1 ──S0 S1──▶ send C2 ──S2──▶ done
 *   server: ──C0 C1──▶ send S0 S1 S2 ──C2──▶ done
 */
import { randomBytes } from 'node:crypto';
import { malformed } from '../flv/malformed.ts';

const VERSION = 3;
const PACKET_BYTES = 1536;

interface HandshakeStep {
  /** To be sent at once; null when there is nothing to say. */
  readonly reply: Buffer | null;
  readonly isDone: boolean;
  /** Once done: what came behind the handshake and belongs to the chunk stream. */
  readonly rest: Buffer;
}

export interface Handshake {
  /** Takes received bytes in any pieces. Throws `media.malformed` when the peer does not speak RTMP version 3. */
  push(bytes: Buffer): HandshakeStep;
}

/** The side that connects. `hello` (C0 and C1) is to be sent first. */
export function createClientHandshake(): Handshake & { readonly hello: Buffer } {
  const c1 = randomPacket();
  const handshake = createHandshake((s1) => echo(s1));
  return { hello: Buffer.concat([Buffer.from([VERSION]), c1]), push: handshake.push };
}

/** The side that was connected to. */
export function createServerHandshake(): Handshake {
  return createHandshake((c1) => Buffer.concat([Buffer.from([VERSION]), randomPacket(), echo(c1)]));
}

/** Both sides wait for version and first packet, answer them, and wait for one packet more, whose contents do not matter. */
function createHandshake(answer: (firstPacket: Buffer) => Buffer): Handshake {
  let held: Buffer = Buffer.alloc(0);
  let hasAnswered = false;
  const nothing = Buffer.alloc(0);
  return {
    push(bytes: Buffer): HandshakeStep {
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      let reply: Buffer | null = null;
      if (!hasAnswered) {
        if (held.length > 0 && held[0] !== VERSION) throw malformed(describeGreeting(held));
        if (held.length < 1 + PACKET_BYTES) return { reply, isDone: false, rest: nothing };
        reply = answer(held.subarray(1, 1 + PACKET_BYTES));
        held = held.subarray(1 + PACKET_BYTES);
        hasAnswered = true;
      }
      if (held.length < PACKET_BYTES) return { reply, isDone: false, rest: nothing };
      return { reply, isDone: true, rest: held.subarray(PACKET_BYTES) };
    },
  };
}

/** Time 0, four zero bytes, noise. */
function randomPacket(): Buffer {
  return Buffer.concat([Buffer.alloc(8), randomBytes(PACKET_BYTES - 8)]);
}

function echo(packet: Buffer): Buffer {
  return Buffer.from(packet);
}

/** What answers instead of RTMP most often is a web server or one that wants TLS. */
function describeGreeting(bytes: Buffer): string {
  if (bytes[0] === 0x48) return 'the other side speaks HTTP, not RTMP';
  if (bytes[0] === 0x15 || bytes[0] === 0x16)
    return 'the other side speaks TLS: the address must begin with rtmps://';
  return 'the other side does not speak RTMP';
}
