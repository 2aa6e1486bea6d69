/** Above it Node's own encoder is faster than a loop over the characters. */
const SHORT_TEXT = 64;

/** Bytes in Kafka's encoding, written one behind the other into a buffer that grows. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  /** `capacity`: bytes that will probably be enough. */
  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written; valid until more is. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  int8(value: number): void {
    const at = this.#reserve(1);
    this.#bytes.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.#reserve(2);
    this.#bytes.writeInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.#reserve(4);
    this.#bytes.writeInt32BE(value | 0, at);
  }

  int64(value: bigint): void {
    const at = this.#reserve(8);
    this.#bytes.writeBigInt64BE(value, at);
  }

  /** INT16 length and UTF-8; null is length -1. */
  text(value: string | null | undefined): void {
    const length = value === null || value === undefined ? -1 : Buffer.byteLength(value);
    this.int16(length);
    if (length > 0) this.#utf8(String(value), length);
  }

  /** Overwrites four bytes that were left free. */
  setInt32(value: number, at: number): void {
    this.#bytes.writeInt32BE(value | 0, at);
  }

  /** A signed integer of up to 32 bits in zigzag varint. */
  varint(value: number): void {
    this.#unsigned(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** A non-negative safe integer in zigzag varlong. */
  varlong(value: number): void {
    if (value < 0x40000000) {
      this.#unsigned(value * 2);
      return;
    }
    let rest = BigInt(value) * 2n;
    let at = this.#reserve(10);
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[at++] = Number(rest);
    this.#length = at;
  }

  /** Varint length and bytes; null is length -1. */
  varBytes(value: Uint8Array | string | null | undefined): void {
    if (value === null || value === undefined) this.varint(-1);
    else if (typeof value === 'string') this.#varText(value);
    else {
      this.varint(value.length);
      const at = this.#reserve(value.length);
      this.#bytes.set(value, at);
    }
  }

  /** Puts the varint of what was written since `start` before it. */
  prefixWithLength(start: number): void {
    const size = this.#length - start;
    const zigzag = size * 2;
    const prefix = zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x200000 ? 3 : zigzag < 0x10000000 ? 4 : 5;
    this.#reserve(prefix);
    this.#bytes.copyWithin(start + prefix, start, start + size);
    this.#put(zigzag, start);
  }

  /** Most texts are short and ASCII: one pass, and the length is known before. */
  #varText(value: string): void {
    const { length } = value;
    if (length < SHORT_TEXT) {
      const start = this.#reserve(length + 1);
      const bytes = this.#bytes;
      bytes[start] = length * 2;
      let index = 0;
      for (; index < length; index += 1) {
        const code = value.charCodeAt(index);
        if (code > 0x7f) break;
        bytes[start + 1 + index] = code;
      }
      if (index === length) return;
      this.#length = start;
    }
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.#utf8(value, size);
  }

  #utf8(value: string, size: number): void {
    const at = this.#reserve(size);
    this.#bytes.write(value, at, size, 'utf8');
  }

  #unsigned(value: number): void {
    const at = this.#reserve(5);
    this.#length = this.#put(value, at);
  }

  /** A varint of up to five bytes for which there is room; gives where it ends. */
  #put(value: number, start: number): number {
    let at = start;
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[at++] = (rest & 0x7f) | 0x80;
    this.#bytes[at++] = rest;
    return at;
  }

  /** Where the next bytes go. The buffer may be another afterwards: reserve first, then look at it. */
  #reserve(size: number): number {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(at + size, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
    }
    this.#length = at + size;
    return at;
  }
}
