import { DURATION_BUCKETS } from './buckets.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** Requests, and the limits on them. */
export const HTTP = {
  httpServerRequestDurationSeconds: {
    type: 'histogram',
    name: 'http_server_request_duration_seconds',
    help: 'Time from a request’s head to the end of its answer, by route pattern.',
    labels: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: DURATION_BUCKETS,
  },
  httpServerActiveRequests: {
    type: 'gauge',
    name: 'http_server_active_requests',
    help: 'Requests under way.',
    labels: [],
  },
  httpIdempotentRequestsTotal: {
    type: 'counter',
    name: 'http_idempotent_requests_total',
    help: 'Requests with an Idempotency-Key, by outcome: executed, replayed, running, reused.',
    labels: ['http_route', 'outcome'],
  },
  rateLimiterRefusedTotal: {
    type: 'counter',
    name: 'rate_limiter_refused_total',
    help: 'Calls that a rate limiter refused.',
    labels: ['limiter'],
  },
  rateLimiterFallbackTotal: {
    type: 'counter',
    name: 'rate_limiter_fallback_total',
    help: 'Decisions that a rate limiter took in memory, at half the limit, because Redis did not answer.',
    labels: ['limiter'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
