/** What one user may store. */
export interface Quota {
  /** Bytes of all versions together. */
  readonly maxBytes: number;
  /** Each version counts as one. */
  readonly maxObjects: number;
}

/** What one user stores now. */
export interface Usage {
  readonly bytes: number;
  /** All versions of all objects. */
  readonly objects: number;
}

/** The limit that `usage` is above, said in words, or undefined. */
export function quotaFault(usage: Usage, quota: Quota): string | undefined {
  if (usage.bytes > quota.maxBytes) return `You may store at most ${quota.maxBytes} bytes, all versions together.`;
  if (usage.objects > quota.maxObjects) return `You may store at most ${quota.maxObjects} objects, each version counting as one.`;
  return undefined;
}
