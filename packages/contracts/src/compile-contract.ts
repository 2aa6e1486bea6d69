import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { closedView } from './closed-view.ts';
import type { ContractView, ContractViolation } from './contract-registry.ts';

/** A value can break a contract in as many places as it has; more than this many help nobody and would fill a log. */
const MAX_VIOLATIONS = 100;

/** Keywords with which a schema may accept more because a part of it accepts less. Without them, what the closed view takes the open one takes too. */
const CHOOSES =
  /"(?:\$ref|\$dynamicRef|if|not|oneOf|contains|maxContains|propertyNames|dependentSchemas|unevaluatedProperties|unevaluatedItems)":/;

export type CompiledContract = (envelope: unknown, view: ContractView) => readonly ContractViolation[];

/**
 * Makes a contract's two validators. A schema is self-contained: it refers to nothing outside its own file.
 *
 * @throws {Error} Ajv's, naming the fault, when the schema is not JSON Schema 2020-12: unknown keywords and formats are faults
 */
export function compileContract(schema: Readonly<Record<string, unknown>>): CompiledContract {
  const open = ajv({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(schema);
  // Not strict: faults of the file were found above, and what closing adds need not repeat `type`.
  const closed = ajv({ strict: false }).compile(closedView(schema));
  const isNarrowing = !CHOOSES.test(JSON.stringify(schema));
  return (envelope, view) => {
    if (view === 'open') return violations(open, envelope);
    const broken = violations(closed, envelope);
    // Closing makes the branches of a `oneOf` differ where they were alike; what no consumer would accept is refused all the same.
    return broken.length > 0 || isNarrowing ? broken : violations(open, envelope);
  };
}

function ajv(options: Options): Ajv2020 {
  const instance = new Ajv2020({ ...options, allErrors: true, logger: false });
  formats.default(instance);
  return instance;
}

function violations(validate: ValidateFunction, envelope: unknown): readonly ContractViolation[] {
  if (validate(envelope)) return [];
  return (validate.errors ?? []).slice(0, MAX_VIOLATIONS).map(violationOf);
}

function violationOf(error: ErrorObject): ContractViolation {
  return { path: pathOf(error), rule: error.keyword, message: messageOf(error) };
}

/** Ajv points at the object; a reader looks for the property that is missing or too many. */
function pathOf({ instancePath, params }: ErrorObject): string {
  const property: unknown = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
  return typeof property === 'string' ? `${instancePath}/${property.replaceAll('~', '~0').replaceAll('/', '~1')}` : instancePath;
}

/** The value itself is never quoted: messages go to logs and dead letters, values may hold secrets. */
function messageOf({ keyword, params, message }: ErrorObject): string {
  if (keyword === 'const') return `must be ${JSON.stringify(params.allowedValue)}`;
  if (keyword === 'enum') return `must be one of ${JSON.stringify(params.allowedValues)}`;
  if (keyword === 'additionalProperties') return `must not have the property '${params.additionalProperty}'`;
  if (keyword === 'unevaluatedProperties') return `must not have the property '${params.unevaluatedProperty}'`;
  return message ?? `must satisfy ${keyword}`;
}
