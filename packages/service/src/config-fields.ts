import type { ConfigField } from './read-config.ts';

/** Settings every field takes. */
export interface FieldOptions<Value> {
  /** Value when the variable is absent or empty; without it the variable is required. */
  readonly default?: Value;
  /** Keep the value out of error messages. (Default: false) */
  readonly secret?: boolean;
}

/** A text, not empty. */
export function text(variable: string, options: FieldOptions<string> = {}): ConfigField<string> {
  return field(variable, options, { expected: 'a text', parse: (value) => value });
}

/** A bearer token: secret, and not to be guessed. */
export function token(variable: string): ConfigField<string> {
  return field(
    variable,
    { secret: true },
    {
      expected: 'at least 16 characters of A–Z a–z 0–9 . _ ~ + / -',
      parse: (value) => (/^[\w.~+/-]{16,}=*$/.test(value) ? value : undefined),
    },
  );
}

/** A TCP port; 0 lets the system choose. */
export function port(variable: string, fallback?: number): ConfigField<number> {
  return integer(variable, { min: 0, max: 65_535, ...(fallback !== undefined && { default: fallback }) });
}

/** A whole number between limits, both included. */
export function integer(
  variable: string,
  options: FieldOptions<number> & { min?: number; max?: number } = {},
): ConfigField<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  const limits = [options.min !== undefined && `at least ${min}`, options.max !== undefined && `at most ${max}`]
    .filter(Boolean)
    .join(' and ');
  return field(variable, options, {
    expected: `a whole number${limits && `, ${limits}`}`,
    parse: (value) => {
      const number = Number(value);
      return /^-?\d+$/.test(value) && number >= min && number <= max ? number : undefined;
    },
  });
}

/** A URL with scheme and host, as text. */
export function url(variable: string, options: FieldOptions<string> = {}): ConfigField<string> {
  return field(variable, options, {
    expected: 'a URL such as scheme://host:port',
    parse: (value) => (hasHost(value) ? value : undefined),
  });
}

/** One of a closed list. */
export function oneOf<const Choice extends string>(
  variable: string,
  choices: readonly Choice[],
  fallback?: Choice,
): ConfigField<Choice> {
  return field<Choice>(variable, fallback === undefined ? {} : { default: fallback }, {
    expected: `one of ${choices.join(', ')}`,
    parse: (value) => choices.find((choice) => choice === value),
  });
}

/** `true` or `false` (also `1` and `0`). */
export function flag(variable: string, fallback?: boolean): ConfigField<boolean> {
  return field<boolean>(variable, fallback === undefined ? {} : { default: fallback }, {
    expected: 'true or false',
    parse: (value) => ({ true: true, '1': true, false: false, '0': false })[value],
  });
}

/** Texts between commas, at least one. */
export function list(variable: string, options: FieldOptions<readonly string[]> = {}): ConfigField<readonly string[]> {
  return field(variable, options, {
    expected: 'one or more texts between commas',
    parse: (value) => {
      const items = value.split(',').map((item) => item.trim());
      return items.every((item) => item !== '') ? Object.freeze(items) : undefined;
    },
  });
}

/** Makes a field of any type, absent = undefined, instead of required. */
export function optional<Value>(required: ConfigField<Value>): ConfigField<Value | undefined> {
  return { ...required, fallback: undefined };
}

function field<Value>(
  variable: string,
  options: FieldOptions<Value>,
  reading: Pick<ConfigField<Value>, 'expected' | 'parse'>,
): ConfigField<Value> {
  return {
    variable,
    isSecret: options.secret ?? false,
    ...reading,
    ...(options.default !== undefined && { fallback: options.default }),
  };
}

function hasHost(value: string): boolean {
  return URL.canParse(value) && new URL(value).host !== '';
}
