import type { AccessLevel } from './object-labels.ts';

/**
 * Whether `callerId` (undefined: nobody known) may read. Owners read everything of theirs. Others read what is PUBLIC; of an older version that has to
 * hold for the version too, so that publishing an object does not publish its past.
 */
export function mayRead(
  content: { readonly ownerId: string; readonly accessLevel: AccessLevel; readonly versionAccessLevel?: AccessLevel },
  callerId: string | undefined,
): boolean {
  if (callerId === content.ownerId) return true;
  return content.accessLevel === 'PUBLIC' && (content.versionAccessLevel ?? 'PUBLIC') === 'PUBLIC';
}
