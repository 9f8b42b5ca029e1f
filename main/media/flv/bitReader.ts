import { malformed } from './malformed.ts';

/** Reads bits, most significant first, and the Exp-Golomb codes of H.264 (ITU-T H.264, 9.1). Throws `media.malformed` past the end. */
export class BitReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** `count`: 0 to 32. */
  bits(count: number): number {
    let value = 0;
    for (let read = 0; read < count; read++) {
      const byte = this.#bytes[this.#position >> 3];
      if (byte === undefined) throw malformed('a decoder configuration ends too early');
      value = value * 2 + ((byte >> (7 - (this.#position & 7))) & 1);
      this.#position++;
    }
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  unsignedGolomb(): number {
    let zeros = 0;
    while (this.bits(1) === 0) {
      if (++zeros > 31) throw malformed('a decoder configuration has a number that is too long');
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  signedGolomb(): number {
    const code = this.unsignedGolomb();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}
