import { EventError, matchesPattern } from '@throughline/events';
import { completeRetryPolicy, delayToMs, type Subscription, type TopicDeclaration } from '@throughline/messaging';

/** Left to requests, so that events cannot keep them waiting for a connection. */
const MIN_REQUEST_CONNECTIONS = 2;
/** Under load few large transactions cost less than many small ones: 4 at once took 10 to 20 % less CPU an event than 8. */
const DEFAULT_CONCURRENCY = 4;
/** Kafka's own, of a topic that declares none. */
const DEFAULT_RETENTION_MS = 7 * 24 * 60 * 60 * 1_000;

/** Gives each subscription its part of the pool: a handler holds a connection for its whole transaction. */
export interface ConcurrencyBudget {
  /** The subscription's own `concurrency`, or as much as is left. @throws {EventError} `CONFIGURATION_REFUSED` naming both settings */
  take(subscription: Pick<Subscription<never>, 'group' | 'concurrency'>): number;
}

/** A fifth of the connections, and 2 at least, stay free for requests. */
export function createConcurrencyBudget(databaseConnections: number): ConcurrencyBudget {
  const forRequests = Math.max(MIN_REQUEST_CONNECTIONS, Math.floor(databaseConnections / 5));
  let left = databaseConnections - forRequests;
  return {
    take: ({ group, concurrency }) => {
      const wanted = concurrency ?? Math.min(DEFAULT_CONCURRENCY, Math.max(left, 1));
      if (wanted > left) {
        throw new EventError(
          'CONFIGURATION_REFUSED',
          `concurrency (${wanted}) of ${group} must be at most ${left}: databaseConnections (${databaseConnections}) less ${forRequests} for requests and what other subscriptions have`,
        );
      }
      left -= wanted;
      return wanted;
    },
  };
}

/**
 * Refuses to forget events that can still come again.
 * @throws {EventError} `CONFIGURATION_REFUSED` naming both settings
 */
export function checkRetention(
  subscription: Pick<Subscription<never>, 'group' | 'topics' | 'retry'>,
  settings: { readonly processedRetentionMs: number; readonly declared: readonly TopicDeclaration[] },
): void {
  const { processedRetentionMs, declared } = settings;
  const retrySpanMs = completeRetryPolicy(subscription.retry).delays.reduce((sum, delay) => sum + delayToMs(delay), 0);
  for (const topic of subscription.topics) {
    const retentionMs = longestOf(declared.filter((declaration) => isMeant(topic, declaration.topic)));
    const isKeptForEver = retentionMs < 0;
    if (!isKeptForEver && retentionMs + retrySpanMs <= processedRetentionMs) continue;
    throw new EventError(
      'CONFIGURATION_REFUSED',
      `processedRetentionMs (${processedRetentionMs}) must be at least retentionMs of ${topic} (${isKeptForEver ? 'for ever' : retentionMs}) and the ${retrySpanMs} ms of retries of ${subscription.group}: an event that comes again after that would take effect twice`,
    );
  }
}

function isMeant(topic: string, declared: string): boolean {
  return topic === declared || (/[*#]/.test(topic) && matchesPattern(topic, declared));
}

function longestOf(declared: readonly TopicDeclaration[]): number {
  const retentions = declared.map(({ retentionMs }) => retentionMs ?? DEFAULT_RETENTION_MS);
  if (retentions.length === 0) return DEFAULT_RETENTION_MS;
  return retentions.some((retentionMs) => retentionMs < 0) ? -1 : Math.max(...retentions);
}
