/**
 * A copy of a schema in which every object that says nothing about other fields refuses them, so that a misspelt optional field is an error and not lost.
 * Parts of `allOf` stay open: each of them would refuse the fields of the others.
 */
export function closeObjects(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closeObjects);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    copy[keyword] = keyword === 'properties' ? closeProperties(value) : isOpaque(keyword) ? value : closeObjects(value);
  }
  if ('properties' in copy && !('additionalProperties' in copy) && !('unevaluatedProperties' in copy))
    copy.additionalProperties = false;
  return copy;
}

function closeProperties(properties: unknown): unknown {
  return Object.fromEntries(Object.entries(properties as object).map(([name, schema]) => [name, closeObjects(schema)]));
}

function isOpaque(keyword: string): boolean {
  return keyword === 'allOf' || keyword === 'default' || keyword === 'const' || keyword === 'enum' || keyword === 'examples';
}
