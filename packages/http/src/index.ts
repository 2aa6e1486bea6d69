export { type EntityTag, parseEntityTags } from './entity-tags.ts';
export { isContinueAwaited } from './expect-continue.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions } from './http-server.ts';
export type { IdempotencyClaim, IdempotencyStore, StoredAnswer } from './idempotency.ts';
export { mergeOpenApi, type OpenApiDocument, type OpenApiInfo, openApiOf } from './open-api.ts';
export { createOpsServer, type Health, type OpsServer, type OpsServerOptions } from './ops-server.ts';
export { type CursorValue, cursorCheck, decodeCursor, encodeCursor, pageSchema } from './page.ts';
export { evaluatePreconditions, isRangeCurrent, type PreconditionOptions } from './preconditions.ts';
export type { Principal, VerifyToken } from './principal.ts';
export { type FieldError, PROBLEM_STATUS, Problem, type ProblemKind, type ProblemOptions } from './problem.ts';
export { type ByteRange, parseRange } from './range.ts';
export { answerBadMessages, requireSoundMessage } from './refuse-bad-message.ts';
export { requireInternalToken } from './require-internal-token.ts';
export {
  type Answer,
  type AuthRequirement,
  defineRoute,
  type FieldCheck,
  type IdempotentRequest,
  type Route,
  type RouteContext,
  type RouteResponse,
} from './route.ts';
export { pathOf, sendProblem, traceIdOrRandom } from './send-problem.ts';
export { createTokenVerifier, type TokenVerifierOptions } from './token-verifier.ts';
export { validationFailed } from './validate-request.ts';
