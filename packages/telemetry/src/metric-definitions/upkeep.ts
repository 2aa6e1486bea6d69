import { DURATION_BUCKETS } from './buckets.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** What keeps a service going, and says whether it does. */
export const UPKEEP = {
  cleanerRemovedRowsTotal: {
    type: 'counter',
    name: 'cleaner_removed_rows_total',
    help: 'Rows removed because their time to be kept is over.',
    labels: ['table'],
  },
  canaryRoundTripSeconds: {
    type: 'histogram',
    name: 'canary_round_trip_seconds',
    help: 'From the insert of a canary event into the outbox to its handler.',
    labels: [],
    buckets: DURATION_BUCKETS,
  },
  canaryLostTotal: {
    type: 'counter',
    name: 'canary_lost_total',
    help: 'Canary events that were not handled within their deadline, or could not even be published.',
    labels: ['reason'],
  },
  canaryLastSuccessTimestampSeconds: {
    type: 'gauge',
    name: 'canary_last_success_timestamp_seconds',
    help: 'When a canary event was last handled, seconds since the epoch.',
    labels: [],
  },
  dbClientConnectionCount: {
    type: 'gauge',
    name: 'db_client_connection_count',
    help: 'Connections of the pool, by state: idle or used.',
    labels: ['db_client_connection_pool_name', 'db_client_connection_state'],
  },
  dbClientConnectionPendingRequests: {
    type: 'gauge',
    name: 'db_client_connection_pending_requests',
    help: 'Callers that wait for a connection of the pool.',
    labels: ['db_client_connection_pool_name'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
