/** @throws {Error} with `description` when what was seen is not what it says. */
export function checkSeen(isSeen: boolean, description: string): asserts isSeen {
  if (!isSeen) throw new Error(`not seen: ${description}`);
}
