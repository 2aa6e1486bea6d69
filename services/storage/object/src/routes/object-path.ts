import type { FieldCheck } from '@throughline/http';
import { Type } from 'typebox';
import { objectNameFault } from '../domain/object-name.ts';

/** `{bucket}` is any text: what cannot be a bucket's name is not found. */
export const BUCKET_PATH = Type.Object({ bucket: Type.String({ examples: ['my-photos'] }) });

export const OBJECT_PATH = Type.Object({
  bucket: Type.String({ examples: ['my-photos'] }),
  name: Type.String({
    description: 'May contain slashes. 1 to 1024 bytes of UTF-8 without control characters and dot segments.',
    examples: ['2026/summer.png'],
  }),
});

/** Reported together with every other fault of a request. */
export const OBJECT_NAME_CHECK: Readonly<Record<string, FieldCheck>> = { 'path/name': objectNameFault };
