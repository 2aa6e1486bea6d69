import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Static, TObject, TSchema } from 'typebox';
import type { Principal } from '../auth/principal.ts';

/** `required`: 401 without a valid token. `optional`: a missing token is fine, an invalid one is 401. `none`: not looked at. */
export type AuthRequirement = 'required' | 'optional' | 'none';

export interface RouteResponse {
  readonly description: string;
  /** JSON body's schema; none = no body or a body that is not JSON. */
  readonly schema?: TSchema;
  /** Content type of a body that is not JSON, e.g. `application/octet-stream`. */
  readonly contentType?: string;
}

/** What a handler answers when it does not write to `response` itself. `body` undefined = no body. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Idempotency of the present request; present only on routes with `idempotent: true` whose caller sent an Idempotency-Key. */
export interface IdempotentRequest {
  /** Stores the answer inside the transaction of the effect; without this call the answer is stored after the handler returned. */
  complete(answer: Answer, tx: unknown): Promise<void>;
  /** For routes that read the raw body themselves: what the stored answer is compared with; call it once the body was read and before the effect.
   * Returns the stored answer to give back, or undefined to go on. @throws {Problem} 422 `idempotency_key_reused`. */
  resolveFingerprint(fingerprint: string): Answer | undefined;
}

export interface RouteContext<Path, Query, Headers, Body> {
  readonly path: Path;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
  /** Set unless auth is `none` or an `optional` token was missing. */
  readonly principal: Principal | undefined;
  /** The caller's id. @throws {Problem} 401 when there is no principal. */
  requirePrincipal(): Principal;
  readonly clientAddress: string;
  readonly idempotency: IdempotentRequest | undefined;
  /** For routes with `rawBody`: tells a client that waits for it (`Expect: 100-continue`) to send its body. Call it once nothing can be refused by the head alone any more. */
  acceptBody(): void;
  /** Raw access for streams: uploads read `request`, downloads write `response` and return 'streamed'. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client went away or the server drains past its deadline. */
  readonly signal: AbortSignal;
}

/** What is wrong with one field's value, in words, or undefined. */
export type FieldCheck = (value: never) => string | undefined;

/**
 * One operation: routed, validated, documented (OpenAPI 3.1) from this one declaration.
 * `path` is an OpenAPI path; `{name}` is one segment, `{name+}` is the rest including slashes (documented as `{name}`). Segments are percent-decoded, dot segments are not normalised.
 * Query, path and header values are coerced to their schema's type; all faults of a request are reported at once (422; 400 for what cannot be parsed at all).
 */
export interface Route<
  Path extends TObject = TObject,
  Query extends TObject = TObject,
  Headers extends TObject = TObject,
  Body extends TSchema = TSchema,
> {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly auth: AuthRequirement;
  /** Every one of these scopes must be in the token, else 403 `scope_missing`. */
  readonly scopes?: readonly string[];
  readonly pathSchema?: Path;
  /** Reads overlook parameters that it does not name; writes refuse them, because a write that overlooks half of what it was told does something else. */
  readonly querySchema?: Query;
  /** Lower-case names. */
  readonly headersSchema?: Headers;
  /** JSON body; objects in it refuse fields they do not name, unless they say `additionalProperties`. Absent = the body is not read. */
  readonly bodySchema?: Body;
  /**
   * What schemas cannot say, by field (`path/name`, `query/after`, `header/x-one`, `body/tags`). A check sees values that fit their schema, coerced;
   * what it finds is reported together with all other faults of the request.
   */
  readonly fieldChecks?: Readonly<Record<string, FieldCheck>>;
  /** Largest JSON body in bytes. (Default: 65 536) */
  readonly bodyLimitBytes?: number;
  /** For OpenAPI when the handler reads `request` itself, e.g. `multipart/form-data`. */
  readonly rawBody?: { readonly contentType: string; readonly schema?: TSchema };
  /** Honour `Idempotency-Key`. */
  readonly idempotent?: boolean;
  /** The body holds a secret such as a password: an Idempotency-Key keeps only a slow, salted hash of it. */
  readonly hasSecretBody?: boolean;
  /** Runs on a valid request before anything that costs, Idempotency-Key included: a rate limit. @throws {Problem} to refuse. */
  readonly admit?: (caller: { readonly clientAddress: string; readonly principal: Principal | undefined }) => Promise<void>;
  /** For other services only: left out of the OpenAPI document. Guard it with `requireInternalToken`. (Default: false) */
  readonly isInternal?: boolean;
  readonly responses: Readonly<Record<number, RouteResponse>>;
  readonly handler: (
    context: RouteContext<Static<Path>, Static<Query>, Static<Headers>, Static<Body>>,
  ) => Promise<Answer | 'streamed'>;
}

/** Gives a route's handler its types from its schemas. */
export function defineRoute<Path extends TObject, Query extends TObject, Headers extends TObject, Body extends TSchema>(
  route: Route<Path, Query, Headers, Body>,
): Route {
  return route as unknown as Route;
}
