import type { FieldCheck, FieldError } from '@throughline/http';
import { type Static, Type } from 'typebox';
import { decodeHeaderList, decodeHeaderText } from '../domain/header-text.ts';
import type { LabelChanges } from '../domain/next-object.ts';
import { isAccessLevel, labelFaults, uniqueTags } from '../domain/object-labels.ts';

const HEAD_LIMIT = 'Request line and headers have at most 16 KiB together; PATCH takes what is longer.';

export const LABEL_HEADERS = Type.Object({
  'x-object-description': Type.Optional(
    Type.String({
      description: `Percent-encoded UTF-8, at most 2048 characters decoded. ${HEAD_LIMIT}`,
      examples: ['The%20lake%20at%20dusk'],
    }),
  ),
  'x-object-tags': Type.Optional(
    Type.String({
      description: `Comma list of percent-encoded tags: at most 50 of 1 to 128 characters. ${HEAD_LIMIT}`,
      examples: ['images,travel'],
    }),
  ),
  'x-object-access': Type.Optional(Type.Union([Type.Literal('PRIVATE'), Type.Literal('PUBLIC')])),
});

/** Field checks of the label headers. */
export const LABEL_HEADER_CHECKS: Readonly<Record<string, FieldCheck>> = Object.fromEntries(
  Object.keys(LABEL_HEADERS.properties).map((name) => [
    `header/${name}`,
    (text: string) => readLabelHeaders({ [name]: text }).errors[0]?.message,
  ]),
);

const NOT_ENCODED = 'must be percent-encoded UTF-8';
const HEADERS = {
  description: 'header/x-object-description',
  tags: 'header/x-object-tags',
  accessLevel: 'header/x-object-access',
} as const;

/** The labels that a request's headers name, and every fault in them. */
export function readLabelHeaders(headers: Static<typeof LABEL_HEADERS>): { labels: LabelChanges; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const decode = <Value>(
    name: keyof Static<typeof LABEL_HEADERS>,
    decoder: (text: string) => Value | undefined,
  ): Value | undefined => {
    const text = headers[name];
    if (text === undefined) return undefined;
    const value = decoder(text);
    if (value === undefined) errors.push({ field: `header/${name}`, message: NOT_ENCODED });
    return value;
  };
  const description = decode('x-object-description', decodeHeaderText);
  const tags = decode('x-object-tags', decodeHeaderList);
  const accessLevel = headers['x-object-access'];
  const faults = labelFaults({ description, tags, accessLevel });
  errors.push(...faults.map(({ field, message }) => ({ field: HEADERS[field], message })));
  return {
    labels: {
      description,
      tags: tags && uniqueTags(tags),
      accessLevel: accessLevel !== undefined && isAccessLevel(accessLevel) ? accessLevel : undefined,
    },
    errors,
  };
}
