type Schema = Readonly<Record<string, unknown>>;

/** Keywords whose schemas describe a value further down; each of them is closed like the root. */
const CHILDREN = ['properties', 'patternProperties', 'prefixItems', 'items', 'additionalProperties', 'unevaluatedProperties'];
/** Keywords whose schemas describe the same value as the schema they stand in: it is closed as a whole, around them. */
const PARTS = ['allOf', 'anyOf', 'oneOf', 'then', 'else', 'dependentSchemas', '$defs'];
const COMPOSING = ['$ref', 'if', ...PARTS.filter((keyword) => keyword !== '$defs')];
// `if`, `not`, `contains` and `propertyNames` ask questions; an answer that changed with the view would change what the contract says.

/**
 * The contract as a producer must keep it: every object schema that does not speak of further properties itself gets
 * `additionalProperties: false`, or `unevaluatedProperties: false` where it is composed of parts. Two parts of a composition do not see each
 * other's nested objects (JSON Schema 2020-12, section 11.3): a part that names an object only loosely says `additionalProperties: true`.
 */
export function closedView(schema: Schema): Schema {
  return closed(schema, false);
}

function closed(schema: Schema, isPart: boolean): Schema {
  const result: Record<string, unknown> = { ...schema };
  for (const keyword of CHILDREN) if (keyword in result) result[keyword] = closedWithin(keyword, result[keyword], false);
  for (const keyword of PARTS) if (keyword in result) result[keyword] = closedWithin(keyword, result[keyword], true);
  if (isPart || 'additionalProperties' in schema || 'unevaluatedProperties' in schema) return result;
  if (COMPOSING.some((keyword) => keyword in schema)) return { ...result, unevaluatedProperties: false };
  return describesObject(schema) ? { ...result, additionalProperties: false } : result;
}

/** A keyword's value is one schema, a list of schemas, or schemas by name. */
function closedWithin(keyword: string, value: unknown, isPart: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => (isSchema(item) ? closed(item, isPart) : item));
  if (!isSchema(value)) return value;
  if (!['properties', 'patternProperties', 'dependentSchemas', '$defs'].includes(keyword)) return closed(value, isPart);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, isSchema(item) ? closed(item, isPart) : item]));
}

function describesObject({ type, properties, patternProperties }: Schema): boolean {
  const isObjectType = Array.isArray(type) ? type.includes('object') : type === 'object';
  return isObjectType || properties !== undefined || patternProperties !== undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
