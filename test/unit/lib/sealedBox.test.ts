import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSealed, SealedBox } from '../../../main/lib/sealedBox.ts';

const key = randomBytes(32);
const box = new SealedBox(key);

describe('a sealed text', () => {
  it.each(['', 'SECRETx7', 'ключ-🎥', 'a'.repeat(100_000), '\0\n'])('opens again: %j', (text) => {
    expect(box.open(box.seal(text, 'p'), 'p')).toEqual({ ok: true, text });
  });

  it('shows nothing of the text, and differs every time', () => {
    const sealed = [box.seal('SECRETx7', 'p'), box.seal('SECRETx7', 'p')];
    expect(sealed[0]).not.toBe(sealed[1]);
    for (const text of sealed) {
      expect(text).not.toContain('SECRETx7');
      expect(Buffer.from(text.split(':')[3] ?? '', 'base64url').toString('latin1')).not.toContain('SECRETx7');
      expect(isSealed(text)).toBe(true);
    }
  });

  it('says "wrong key" under another key', () => {
    expect(new SealedBox(randomBytes(32)).open(box.seal('x', 'p'), 'p')).toEqual({
      ok: false,
      reason: 'wrongKey',
    });
  });

  it('does not open for another purpose: it cannot be moved to another place', () => {
    expect(box.open(box.seal('x', 'stream/a'), 'stream/b')).toEqual({ ok: false, reason: 'damaged' });
  });

  it('says "damaged" when any of its bytes changed, or some are missing', () => {
    const sealed = box.seal('SECRETx7', 'p');
    const payloadAt = sealed.lastIndexOf(':') + 1;
    const payload = Buffer.from(sealed.slice(payloadAt), 'base64url');
    const damaged = Array.from(payload, (_, index) => {
      const copy = Buffer.from(payload);
      copy[index] = (copy[index] ?? 0) ^ 1;
      return sealed.slice(0, payloadAt) + copy.toString('base64url');
    });
    damaged.push(sealed.slice(0, -4), sealed.slice(0, payloadAt + 8), 'sealed:1:', 'plain text', '');
    for (const text of damaged) expect(box.open(text, 'p')).toEqual({ ok: false, reason: 'damaged' });
  });

  it('does not let a short tag pass', () => {
    const sealed = box.seal('', 'p');
    const payloadAt = sealed.lastIndexOf(':') + 1;
    const payload = Buffer.from(sealed.slice(payloadAt), 'base64url');
    const shortened = sealed.slice(0, payloadAt) + payload.subarray(0, 12 + 4).toString('base64url');
    expect(box.open(shortened, 'p')).toEqual({ ok: false, reason: 'damaged' });
  });
});

it('takes a key of 32 bytes and no other', () => {
  expect(() => new SealedBox(randomBytes(16))).toThrow(RangeError);
});

it('names its key without giving it away', () => {
  expect(new SealedBox(key).keyId).toBe(box.keyId);
  expect(key.toString('base64url')).not.toContain(box.keyId);
});
