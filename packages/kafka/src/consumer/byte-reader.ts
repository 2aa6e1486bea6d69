const TWO_TO_32 = 2 ** 32;

/** Reads the protocol's types from a buffer, one after the other. */
export class ByteReader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  int8(): number {
    this.at += 1;
    return this.bytes.readInt8(this.at - 1);
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  int64(): bigint {
    this.at += 8;
    return this.bytes.readBigInt64BE(this.at - 8);
  }

  /** For what is below 2^53. */
  int64AsNumber(): number {
    return this.int32() * TWO_TO_32 + (this.int32() >>> 0);
  }

  /** The protocol's signed integers of variable length (zigzag), exact up to 2^53. */
  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at] as number;
    this.at += 1;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let factor = 0x80; ; factor *= 0x80) {
      byte = bytes[this.at] as number;
      this.at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      if (byte === undefined) throw new RangeError('an integer goes beyond the end');
    }
  }

  string(): string {
    const length = this.int16();
    this.at += Math.max(0, length);
    return this.bytes.toString('utf8', this.at - Math.max(0, length), this.at);
  }

  /** Passes over the next bytes; over none for a negative length. @throws {RangeError} */
  skip(length: number): void {
    if (length > 0) this.at += length;
    if (this.at > this.bytes.length) throw new RangeError('bytes go beyond the end');
  }

  /** The next bytes without a copy; null for a negative length. @throws {RangeError} */
  slice(length: number): Buffer | null {
    if (length < 0) return null;
    this.at += length;
    if (this.at > this.bytes.length) throw new RangeError('bytes go beyond the end');
    return this.bytes.subarray(this.at - length, this.at);
  }
}
