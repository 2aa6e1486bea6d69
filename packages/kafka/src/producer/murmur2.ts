const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** Hash of a key as Java's client partitions by it: `org.apache.kafka.common.utils.Utils.murmur2`, a signed 32-bit integer. */
export function murmur2(data: Uint8Array): number {
  const { length } = data;
  let hash = SEED ^ length;
  const rest = length & 3;
  const whole = length - rest;
  for (let at = 0; at < whole; at += 4) {
    let word =
      (data[at] as number) |
      ((data[at + 1] as number) << 8) |
      ((data[at + 2] as number) << 16) |
      ((data[at + 3] as number) << 24);
    word = Math.imul(word, M);
    word = Math.imul(word ^ (word >>> 24), M);
    hash = Math.imul(hash, M) ^ word;
  }
  if (rest === 3) hash ^= (data[whole + 2] as number) << 16;
  if (rest >= 2) hash ^= (data[whole + 1] as number) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ (data[whole] as number), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
