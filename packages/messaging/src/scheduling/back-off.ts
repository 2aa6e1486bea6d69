const FIRST_BACK_OFF_MS = 200;
const LONGEST_BACK_OFF_MS = 30_000;

/** How long a record that was rejected `rejections` times waits: doubling up to 30 s, its upper half at random so that records do not come back together. */
export function backOffMs(rejections: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(rejections - 1, 20));
  return ceiling / 2 + (random() * ceiling) / 2;
}
