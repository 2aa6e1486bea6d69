/**
 * Kinds of refusal and the HTTP status of each (RFC 9110); the only place where a status is chosen.
 * A route says which kind and which `code`; `type` is `https://throughline.dev/problems/<code with dashes>`.
 */
export const PROBLEM_STATUS = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  timeout: 408,
  conflict: 409,
  'precondition-failed': 412,
  'too-large': 413,
  'unsupported-media-type': 415,
  'range-not-satisfiable': 416,
  'expectation-failed': 417,
  unprocessable: 422,
  'too-many-requests': 429,
  'headers-too-large': 431,
  internal: 500,
  'not-implemented': 501,
  'bad-gateway': 502,
  unavailable: 503,
  'gateway-timeout': 504,
  'insufficient-storage': 507,
} as const;

export type ProblemKind = keyof typeof PROBLEM_STATUS;

/** One invalid field; all of a request are reported together. */
export interface FieldError {
  /** Where: `body/email`, `query/limit`, `header/x-object-access`, `path/bucket`. */
  readonly field: string;
  /** What is wrong and what the limit is. */
  readonly message: string;
}

export interface ProblemOptions {
  readonly kind: ProblemKind;
  /** Stable, snake_case, e.g. `bucket_not_found`. */
  readonly code: string;
  /** For a person; never the message of an unexpected error. */
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  /** Extension members of the document, e.g. the state that stands in the way. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** e.g. `retry-after`, `www-authenticate`, `content-range`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by a route (or returned through `fail`) to answer with an RFC 9457 problem document. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly code: string;
  readonly errors: readonly FieldError[];
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(options: ProblemOptions) {
    super(options.detail);
    this.name = 'Problem';
    this.kind = options.kind;
    this.code = options.code;
    this.errors = options.errors ?? [];
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }
}
