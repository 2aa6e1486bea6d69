import type { ErrorObject } from 'ajv';
import type { FieldError } from '../problems/problem.ts';

/** A body can be made to have thousands of faults; nobody reads more. */
const MAX_FAULTS = 100;

/** What a validator found, as field errors: where it is and what the limit is, never the value itself. */
export function describeFaults(part: string, faults: readonly ErrorObject[]): FieldError[] {
  const alternatives = faults
    .filter((fault) => fault.keyword === 'anyOf' || fault.keyword === 'oneOf')
    .map((fault) => `${fault.schemaPath}/`);
  return faults
    .filter((fault) => fault.keyword !== 'if' && !alternatives.some((path) => fault.schemaPath.startsWith(path)))
    .slice(0, MAX_FAULTS)
    .map((fault) => ({ field: fieldOf(part, fault), message: messageOf(part, fault) }));
}

function fieldOf(part: string, fault: ErrorObject): string {
  const parameters = fault.params as { missingProperty?: string; additionalProperty?: string; propertyName?: string };
  const name = parameters.missingProperty ?? parameters.additionalProperty ?? parameters.propertyName;
  return part + fault.instancePath + (name === undefined ? '' : `/${name}`);
}

function messageOf(part: string, fault: ErrorObject): string {
  const parameters = fault.params as {
    limit?: number;
    allowedValues?: readonly unknown[];
    allowedValue?: unknown;
    format?: string;
    type?: string | string[];
  };
  switch (fault.keyword) {
    case 'required':
      return 'is required';
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return fault.instancePath === '' && part === 'query' ? 'is not a known parameter' : 'is not a known field';
    case 'minLength':
      return `must have at least ${parameters.limit} characters`;
    case 'maxLength':
      return `must have at most ${parameters.limit} characters`;
    case 'minProperties':
      return `must have at least ${parameters.limit} ${parameters.limit === 1 ? 'field' : 'fields'}`;
    case 'minItems':
      return `must have at least ${parameters.limit} items`;
    case 'maxItems':
      return `must have at most ${parameters.limit} items`;
    case 'minimum':
      return `must be at least ${parameters.limit}`;
    case 'maximum':
      return `must be at most ${parameters.limit}`;
    case 'enum':
      return `must be one of ${listed(parameters.allowedValues ?? [])}`;
    case 'const':
      return `must be ${String(parameters.allowedValue)}`;
    case 'format':
      return `must be a valid ${parameters.format}`;
    case 'type':
      return `must be of type ${[parameters.type].flat().join(' or ')}`;
    case 'pattern':
      return patternMessage(fault);
    case 'anyOf':
    case 'oneOf':
      return alternativesMessage(fault);
    default:
      return fault.message ?? 'is not valid';
  }
}

/** A pattern says nothing to a person; where the schema has a description, that is the rule. */
function patternMessage(fault: ErrorObject): string {
  const schema = fault.parentSchema as { description?: string } | undefined;
  return schema?.description === undefined
    ? `must match ${String((fault.params as { pattern: string }).pattern)}`
    : `does not have the form that is asked for: ${schema.description}`;
}

function alternativesMessage(fault: ErrorObject): string {
  const branches = (fault.schema as readonly { const?: unknown }[]).map((branch) => branch.const);
  return branches.every((value) => value !== undefined)
    ? `must be one of ${listed(branches)}`
    : 'has none of the forms that are allowed';
}

function listed(values: readonly unknown[]): string {
  return values.map(String).join(', ');
}
