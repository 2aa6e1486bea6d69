/** A broker that has just started does not know its groups yet; the next try finds it ready. */
export function isStartingUp(error: unknown): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    if ((current as { type?: string }).type === 'GROUP_LOAD_IN_PROGRESS') return true;
  }
  return false;
}
