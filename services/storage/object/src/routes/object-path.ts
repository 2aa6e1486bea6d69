import { validationFailed } from '@throughline/http';
import { Type } from 'typebox';
import { objectNameFault } from '../domain/object-name.ts';

/** `{bucket}` is any text: what cannot be a bucket's name is not found. */
export const BUCKET_PATH = Type.Object({ bucket: Type.String() });

export const OBJECT_PATH = Type.Object({
  bucket: Type.String(),
  name: Type.String({
    description: 'May contain slashes. 1 to 1024 bytes of UTF-8 without control characters and dot segments.',
  }),
});

/** @throws {Problem} 422 naming `path/name`. */
export function requireObjectName(name: string): string {
  const message = objectNameFault(name);
  if (message !== undefined) throw validationFailed([{ field: 'path/name', message }]);
  return name;
}
