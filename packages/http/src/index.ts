export type { Principal, VerifyToken } from './auth/principal.ts';
export { requireInternalToken } from './auth/require-internal-token.ts';
export { createTokenVerifier, type TokenVerifierOptions } from './auth/token-verifier.ts';
export { type EntityTag, parseEntityTags } from './conditions/entity-tags.ts';
export { evaluatePreconditions, isRangeCurrent, type PreconditionOptions } from './conditions/preconditions.ts';
export { type ByteRange, parseRange } from './conditions/range.ts';
export { canonicalJson } from './idempotency/canonical-json.ts';
export type { IdempotencyClaim, IdempotencyStore, StoredAnswer } from './idempotency/idempotency.ts';
export { idempotencyKeyOf } from './idempotency/idempotency-key.ts';
export { mergeOpenApi, type OpenApiDocument, type OpenApiInfo, openApiOf } from './open-api.ts';
export { type CursorValue, cursorCheck, decodeCursor, encodeCursor, pageSchema } from './page.ts';
export { type FieldError, PROBLEM_STATUS, Problem, type ProblemKind, type ProblemOptions } from './problems/problem.ts';
export { pathOf, sendProblem, traceIdOrRandom } from './problems/send-problem.ts';
export { isContinueAwaited } from './routing/expect-continue.ts';
export {
  type Answer,
  type AuthRequirement,
  defineRoute,
  type FieldCheck,
  type IdempotentRequest,
  type Route,
  type RouteContext,
  type RouteResponse,
} from './routing/route.ts';
export { validationFailed } from './routing/validate-request.ts';
export { createDrain } from './server/drain-server.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions } from './server/http-server.ts';
export { createOpsServer, type Health, type Operations, type OpsServer, type OpsServerOptions } from './server/ops-server.ts';
export { answerBadMessages, requireSoundMessage } from './server/refuse-bad-message.ts';
