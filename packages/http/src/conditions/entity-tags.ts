/** One entity tag of a list (RFC 9110 §8.8.3); `value` without its quotes. */
export interface EntityTag {
  readonly isWeak: boolean;
  readonly value: string;
}

const TAG = /\s*(?:,\s*)*(W\/)?"([\x21\x23-\x7e\x80-\uffff]*)"\s*(?=,|$)/y;

/** The tags of `If-Match` or `If-None-Match`: `*`, a list, or undefined when it is neither. */
export function parseEntityTags(header: string): '*' | readonly EntityTag[] | undefined {
  if (header.trim() === '*') return '*';
  const tags: EntityTag[] = [];
  TAG.lastIndex = 0;
  let end = 0;
  for (let match = TAG.exec(header); match !== null; match = TAG.exec(header)) {
    tags.push({ isWeak: match[1] !== undefined, value: match[2] ?? '' });
    end = TAG.lastIndex;
  }
  return tags.length > 0 && /^[\s,]*$/.test(header.slice(end)) ? tags : undefined;
}

/** RFC 9110 §8.8.3.2: strong needs both to be strong; weak looks at the value only. */
export function tagsMatch(left: EntityTag, right: EntityTag, comparison: 'strong' | 'weak'): boolean {
  return left.value === right.value && (comparison === 'weak' || (!left.isWeak && !right.isWeak));
}
