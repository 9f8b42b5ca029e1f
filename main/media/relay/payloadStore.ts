const DEFAULT_SLAB_BYTES = 512 * 1024;
/** Free slabs are kept for what comes next: as many as became free at once, but at least so many. */
const MIN_SPARE_SLABS = 2;

interface Slab {
  readonly memory: Buffer;
  used: number;
  /** Somebody else refers to it: what was put in stays there, and the garbage collector frees it. */
  isLent: boolean;
}

/** A place in the store, to be given back to `release`. */
export type StoreMark = number;

/**
 * Keeps copies of payloads for seconds and longer, first in, first out, in memory of its own that it uses again and again.
 * What is kept by reference is old by the time it goes: the collector would have to go through the whole heap every few
 * seconds to free it, which costs more than relaying, and each small piece would keep the whole buffer alive that it was
 * received in.
 */
export class PayloadStore {
  readonly #slabBytes: number;
  /** Numbered on from `#firstNumber`, oldest first. */
  #slabs: Slab[] = [];
  #firstNumber = 0;
  #spare: Buffer[] = [];

  constructor(slabBytes: number = DEFAULT_SLAB_BYTES) {
    this.#slabBytes = slabBytes;
  }

  /** Memory held, in use or spare. */
  get heldBytes(): number {
    const inUse = this.#slabs.reduce((sum, { memory }) => sum + memory.length, 0);
    return inUse + this.#spare.length * this.#slabBytes;
  }

  /** A copy of `payload`. Good until a mark made later is released, for longer only after `lend`. */
  add(payload: Buffer): Buffer {
    const slab = this.#slabWith(payload.length);
    const start = slab.used;
    slab.used += payload.copy(slab.memory, start);
    return slab.memory.subarray(start, slab.used);
  }

  /** Stands for this moment: everything added from now on comes after it. */
  mark(): StoreMark {
    return this.#firstNumber + Math.max(0, this.#slabs.length - 1);
  }

  /** Nothing that was added before the mark is needed any more. */
  release(mark: StoreMark): void {
    const released = this.#slabs.splice(0, mark - this.#firstNumber);
    if (released.length === 0) return;
    this.#firstNumber += released.length;
    const usable = released.filter(({ memory, isLent }) => !isLent && memory.length === this.#slabBytes);
    this.#spare.push(...usable.map(({ memory }) => memory));
    this.#spare.splice(0, this.#spare.length - Math.max(MIN_SPARE_SLABS, usable.length));
  }

  /** What was added up to now may be referred to for any time from now on. */
  lend(): void {
    for (const slab of this.#slabs) {
      slab.isLent = true;
      slab.used = slab.memory.length;
    }
  }

  clear(): void {
    this.#firstNumber += this.#slabs.length;
    this.#slabs = [];
    this.#spare = [];
  }

  #slabWith(bytes: number): Slab {
    const last = this.#slabs.at(-1);
    if (last !== undefined && last.memory.length - last.used >= bytes) return last;
    const spare = bytes <= this.#slabBytes ? this.#spare.pop() : undefined;
    const memory = spare ?? Buffer.allocUnsafeSlow(Math.max(bytes, this.#slabBytes));
    const slab = { memory, used: 0, isLent: false };
    this.#slabs.push(slab);
    return slab;
  }
}
