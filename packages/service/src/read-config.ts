import { ConfigError } from './config-error.ts';

/** The environment a configuration is read from. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One value: the variable it is read from, and how. */
export interface ConfigField<Value> {
  readonly variable: string;
  /** Used when the variable is absent or empty; without it the variable is required. */
  readonly fallback?: Value;
  /** Its value is not repeated in error messages. */
  readonly isSecret: boolean;
  /** What is asked for, for the error message. */
  readonly expected: string;
  /** Undefined = the text is none. */
  readonly parse: (text: string) => Value | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: fields of any value
type ConfigSpec = Readonly<Record<string, ConfigField<any>>>;

/** The type of a configuration with these fields. */
export type ConfigOf<Spec extends ConfigSpec> = {
  readonly [Name in keyof Spec]: Spec[Name] extends ConfigField<infer Value> ? Value : never;
};

/**
 * Reads a whole configuration once; the result is frozen.
 * @throws {ConfigError} naming every missing or invalid variable at once.
 *
 * @example
 * export const config = readConfig(process.env, { httpPort: port('HTTP_PORT'), databaseUrl: url('DATABASE_URL', { secret: true }) });
 */
export function readConfig<Spec extends ConfigSpec>(environment: Environment, spec: Spec): ConfigOf<Spec> {
  const faults: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(spec)) {
    const text = environment[field.variable]?.trim() ?? '';
    const value = text === '' ? field.fallback : field.parse(text);
    if (value === undefined && !(text === '' && 'fallback' in field)) faults.push(faultOf(field, text));
    config[name] = value;
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config) as ConfigOf<Spec>;
}

function faultOf(field: ConfigField<unknown>, text: string): string {
  if (text === '') return `${field.variable} is missing: ${field.expected}`;
  return `${field.variable} is not valid${field.isSecret ? '' : ` (${JSON.stringify(text)})`}: ${field.expected}`;
}
