/** Who may read an object: its owner, or everybody. */
export type AccessLevel = 'PRIVATE' | 'PUBLIC';

/** What a user says about an object; everything about it that is not its bytes. */
export interface ObjectLabels {
  readonly description: string;
  readonly tags: readonly string[];
  readonly accessLevel: AccessLevel;
}

/** One invalid label; `field` is the label's name. */
export interface LabelFault {
  readonly field: 'description' | 'tags' | 'accessLevel';
  readonly message: string;
}

/** What an object has when its owner said nothing. */
export const DEFAULT_LABELS: ObjectLabels = { description: '', tags: [], accessLevel: 'PRIVATE' };

const MAX_DESCRIPTION_CHARACTERS = 2048;
const MAX_TAGS = 50;
const MAX_TAG_CHARACTERS = 128;

/** Text that Postgres and a JSON reader in any language take: no NUL, no lone surrogates. */
function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

/** Code points, as JSON Schema counts. */
function characters(text: string): number {
  return [...text].length;
}

function descriptionFault(description: string): string | undefined {
  if (characters(description) > MAX_DESCRIPTION_CHARACTERS) return `must be at most ${MAX_DESCRIPTION_CHARACTERS} characters`;
  return isStorableText(description) ? undefined : 'must be well-formed Unicode without NUL';
}

/** A comma and white space around a tag are refused because searches name several tags as `tags=a, b`. */
function tagsFault(tags: readonly string[]): string | undefined {
  if (tags.length > MAX_TAGS) return `must be at most ${MAX_TAGS} tags`;
  if (tags.some((tag) => tag === '' || characters(tag) > MAX_TAG_CHARACTERS))
    return `each tag must have 1 to ${MAX_TAG_CHARACTERS} characters`;
  if (tags.some((tag) => tag.includes(','))) return 'a tag must not contain a comma';
  if (tags.some((tag) => tag !== tag.trim())) return 'a tag must not begin or end with white space';
  return tags.every(isStorableText) ? undefined : 'each tag must be well-formed Unicode without NUL';
}

/** Every fault of the given labels; those left out are not looked at. */
export function labelFaults(labels: {
  description?: string | undefined;
  tags?: readonly string[] | undefined;
  accessLevel?: string | undefined;
}): LabelFault[] {
  const faults: LabelFault[] = [];
  const description = labels.description === undefined ? undefined : descriptionFault(labels.description);
  if (description !== undefined) faults.push({ field: 'description', message: description });
  const tags = labels.tags === undefined ? undefined : tagsFault(labels.tags);
  if (tags !== undefined) faults.push({ field: 'tags', message: tags });
  if (labels.accessLevel !== undefined && !isAccessLevel(labels.accessLevel)) {
    faults.push({ field: 'accessLevel', message: 'must be PRIVATE or PUBLIC' });
  }
  return faults;
}

export function isAccessLevel(text: string): text is AccessLevel {
  return text === 'PRIVATE' || text === 'PUBLIC';
}

/** Tags of a comma list, in order, trimmed, without repeats; an empty list has none. */
export function parseTagList(list: string): string[] {
  return uniqueTags(
    list
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
  );
}

/** The same tags in the same order, each once. */
export function uniqueTags(tags: readonly string[]): string[] {
  return [...new Set(tags)];
}
