import fc from 'fast-check';
import { crc32c } from './crc32c.ts';

/** Bit by bit, as the polynomial is defined. */
function bitwise(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('crc32c', () => {
  it('gives the check value of the algorithm', () => {
    expect(crc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283);
  });

  it('is right for every range, wherever it lies in memory', () => {
    const part = fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.nat(20), fc.nat(20), fc.nat(8));
    fc.assert(
      fc.property(part, ([content, before, behind, shift]) => {
        const memory = new Uint8Array(shift + before + content.length + behind).fill(0x5a);
        memory.set(content, shift + before);
        const bytes = memory.subarray(shift);
        expect(crc32c(bytes, before, before + content.length)).toBe(bitwise(content));
      }),
    );
  });
});
