import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createClientHandshake,
  createServerHandshake,
  type Handshake,
} from '../../../../main/media/rtmp/handshake.ts';

/** Feeds `bytes` in pieces of `size`; gives all that was replied and what was left over. */
function feed(handshake: Handshake, bytes: Buffer, size: number) {
  const replies: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const step = handshake.push(bytes.subarray(at, at + size));
    if (step.reply !== null) replies.push(step.reply);
    if (step.isDone)
      return {
        reply: Buffer.concat(replies),
        isDone: true,
        rest: Buffer.concat([step.rest, bytes.subarray(at + size)]),
      };
  }
  return { reply: Buffer.concat(replies), isDone: false, rest: Buffer.alloc(0) };
}

describe('the RTMP handshake', () => {
  it('brings both sides together, in pieces of any size, and returns what came behind it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), fc.uint8Array({ maxLength: 50 }), (size, behind) => {
        const client = createClientHandshake();
        const server = createServerHandshake();
        const greeted = feed(server, client.hello, size);
        const answered = feed(client, Buffer.concat([greeted.reply, behind]), size);
        const closed = feed(server, Buffer.concat([answered.reply, behind]), size);
        expect(answered.isDone && closed.isDone).toBe(true);
        expect([answered.rest, closed.rest]).toEqual([Buffer.from(behind), Buffer.from(behind)]);
      }),
      { numRuns: 20 },
    );
  });

  it('sends C0 C1 of 1537 bytes and echoes S1 as C2, C1 as S2', () => {
    const client = createClientHandshake();
    const s0s1s2 = createServerHandshake().push(client.hello).reply ?? Buffer.alloc(0);
    expect(client.hello.subarray(0, 9).toString('hex')).toBe('030000000000000000');
    expect(client.hello).toHaveLength(1537);
    expect(s0s1s2).toHaveLength(1 + 2 * 1536);
    expect(s0s1s2.subarray(1537).equals(client.hello.subarray(1))).toBe(true);
    expect(client.push(s0s1s2).reply?.equals(s0s1s2.subarray(1, 1537))).toBe(true);
  });

  it.each([
    ['HTTP/1.1 400 Bad Request', 'speaks HTTP'],
    ['\x15\x03\x01\x00\x02\x02\x46', 'speaks TLS'],
    ['SSH-2.0-OpenSSH', 'does not speak RTMP'],
  ])('refuses %j from the first byte', (greeting, reason) => {
    expect(() => createClientHandshake().push(Buffer.from(greeting, 'latin1'))).toThrow(reason);
    expect(() => createServerHandshake().push(Buffer.from(greeting, 'latin1'))).toThrow(
      expect.objectContaining({ code: 'media.malformed' }),
    );
  });
});
