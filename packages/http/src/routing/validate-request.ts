import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { type FieldError, Problem } from '../problems/problem.ts';
import { closeObjects } from './close-objects.ts';
import { describeFaults } from './describe-faults.ts';
import type { FieldCheck, Route } from './route.ts';

/** The parts of a request as they came. Values of `path`, `query` and `headers` are replaced by coerced ones. */
export interface RequestParts {
  path: Record<string, unknown>;
  query: Record<string, unknown>;
  headers: Record<string, unknown>;
  body: unknown;
}

/** Checks the parts of a request, coerces them and fills in defaults. @throws {Problem} 422 `validation_failed` with every fault of all parts. */
export type ValidateRequest = (parts: RequestParts) => void;

/** Compiles the validators of routes; they share two compilers, so make one a server. */
export function createRequestValidators(): (route: Route) => ValidateRequest {
  const texts = createCompiler({ coerceTypes: true });
  const bodies = createCompiler({ coerceTypes: false });
  return (route) => {
    const checks = [
      checkPart('path', compile(texts, route.pathSchema)),
      checkPart('query', compile(texts, querySchemaOf(route)), listNames(route.querySchema)),
      checkPart('header', compile(texts, route.headersSchema)),
      checkPart('body', route.bodySchema === undefined ? undefined : compile(bodies, closeObjects(plain(route.bodySchema)))),
    ];
    return (parts) => {
      const errors = checks.flatMap((check) => check(parts));
      errors.push(...checkFields(route.fieldChecks ?? {}, parts, errors));
      if (errors.length > 0) throw validationFailed(errors);
    };
  };
}

/** The answer to a request that can be read but says something that is not allowed. */
export function validationFailed(errors: readonly FieldError[]): Problem {
  const fields = errors.length === 1 ? 'One field is' : `${errors.length} fields are`;
  return new Problem({ kind: 'unprocessable', code: 'validation_failed', detail: `${fields} not valid; see errors.`, errors });
}

function createCompiler(options: { coerceTypes: boolean }): Ajv2020 {
  const compiler = new Ajv2020({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
    allowUnionTypes: true,
    ...options,
  });
  addFormatsModule.default(compiler);
  // The format as RFC 9562 has it; ajv-formats also takes `urn:uuid:`, which no uuid column does.
  compiler.addFormat('uuid', UUID);
  compiler.addVocabulary(['example']);
  return compiler;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function querySchemaOf(route: Route): unknown {
  return route.method === 'GET' || route.method === 'HEAD'
    ? route.querySchema
    : { additionalProperties: false, ...(route.querySchema ?? { type: 'object' }) };
}

/** What the field checks find in fields that fit their schema. */
function checkFields(
  fieldChecks: Readonly<Record<string, FieldCheck>>,
  parts: RequestParts,
  found: readonly FieldError[],
): FieldError[] {
  return Object.entries(fieldChecks).flatMap(([field, check]) => {
    if (found.some((error) => error.field === field || error.field.startsWith(`${field}/`))) return [];
    const value = valueAt(parts, field);
    const message = value === undefined ? undefined : check(value as never);
    return message === undefined ? [] : [{ field, message }];
  });
}

/** Undefined also where the part is not even an object. */
function valueAt(parts: RequestParts, field: string): unknown {
  const slashAt = field.indexOf('/');
  const part = field.slice(0, slashAt);
  const name = field.slice(slashAt + 1);
  const fields = part === 'header' ? parts.headers : parts[part as 'path' | 'query' | 'body'];
  return typeof fields === 'object' && fields !== null && Object.hasOwn(fields, name)
    ? (fields as Record<string, unknown>)[name]
    : undefined;
}

function compile(compiler: Ajv2020, schema: unknown): ValidateFunction | undefined {
  return schema === undefined ? undefined : compiler.compile(plain(schema) as object);
}

/** Schemas as JSON: without the hidden marks of the builder. */
function plain(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema));
}

function checkPart(
  part: 'path' | 'query' | 'header' | 'body',
  validate: ValidateFunction | undefined,
  lists: ReadonlySet<string> = new Set(),
) {
  const key = part === 'header' ? 'headers' : part;
  return (parts: RequestParts): FieldError[] => {
    if (validate === undefined) return [];
    const repeated = part === 'query' ? settleLists(parts.query, lists) : [];
    const errors: readonly ErrorObject[] = validate(parts[key]) ? [] : (validate.errors ?? []);
    return [...repeated, ...describeFaults(part, errors).filter((error) => !repeated.some(({ field }) => field === error.field))];
  };
}

function listNames(schema: unknown): ReadonlySet<string> {
  const properties = (schema as { properties?: Record<string, { type?: string }> } | undefined)?.properties ?? {};
  return new Set(Object.keys(properties).filter((name) => properties[name]?.type === 'array'));
}

/** One value of a list parameter becomes a list of one; a parameter that is no list must come once. */
function settleLists(query: Record<string, unknown>, lists: ReadonlySet<string>): FieldError[] {
  const repeated: FieldError[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (lists.has(name)) query[name] = Array.isArray(value) ? value : [value];
    else if (Array.isArray(value))
      repeated.push({ field: `query/${name}`, message: `must be given once, not ${value.length} times` });
  }
  return repeated;
}
