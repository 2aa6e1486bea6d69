export type { IdempotencyClaim, IdempotencyStore, StoredAnswer } from './idempotency.ts';
export type { Principal, VerifyToken } from './principal.ts';
export { type FieldError, Problem, type ProblemKind, type ProblemOptions, PROBLEM_STATUS } from './problem.ts';
export { type Answer, type AuthRequirement, defineRoute, type IdempotentRequest, type Route, type RouteContext, type RouteResponse } from './route.ts';
