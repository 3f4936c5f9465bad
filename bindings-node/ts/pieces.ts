import { allocate } from "./runtime";

/** The first size of the buffer, once a second piece has come. */
const FIRST = 16_384;

/**
 * The pieces of a body, joined as they come. A piece that is kept as it came keeps the whole block it was cut from, so
 * that a body in one-byte pieces would hold hundreds of times its size; here they are copied into one buffer that grows.
 */
export class Pieces {
  readonly #limit: number;
  #buffer: Uint8Array = new Uint8Array();
  #size = 0;

  /** @param limit the size that the buffer does not grow beyond, unless the pieces do */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds a piece. The first one is not copied: most bodies have no other. */
  add(piece: Uint8Array): void {
    if (this.#size === 0) {
      this.#buffer = piece;
      this.#size = piece.length;
      return;
    }
    const start = this.#size;
    this.#size += piece.length;
    // While the first piece stands alone its memory is not ours, and full.
    if (this.#size > this.#buffer.length) {
      const capacity = Math.max(this.#size, Math.min(Math.max(2 * this.#size, FIRST), this.#limit));
      const grown = allocate(capacity);
      grown.set(this.#buffer.subarray(0, start));
      this.#buffer = grown;
    }
    this.#buffer.set(piece, start);
  }

  /** The bytes of all pieces. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }
}
