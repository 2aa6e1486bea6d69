import { isEventError } from '@throughline/events';
import type { MessagingDriver } from '@throughline/messaging';
import { METRICS, type Metrics } from '@throughline/telemetry';

/** The driver, with every send of its producers counted by topic and timed; whoever sends (relay, retries) need not know. */
export function measureSends(driver: MessagingDriver, metrics: Metrics): MessagingDriver {
  const durations = metrics.histogram(METRICS.messagingClientOperationDurationSeconds);
  const sent = metrics.counter(METRICS.messagingClientSentMessagesTotal);
  return {
    consume: (options) => driver.consume(options),
    ensureTopics: (declarations, options) => driver.ensureTopics(declarations, options),
    groups: driver.groups,
    listTopics: () => driver.listTopics(),
    partitionCount: (topic) => driver.partitionCount(topic),
    ping: (timeoutMs) => driver.ping(timeoutMs),
    close: () => driver.close(),
    createProducer: async (options) => {
      const producer = await driver.createProducer(options);
      return {
        close: () => producer.close(),
        send: async (records, sendOptions) => {
          const startedAtMs = performance.now();
          const settle = (errorType: string) => {
            const seconds = (performance.now() - startedAtMs) / 1000;
            const topics = Map.groupBy(records, ({ topic }) => topic);
            for (const [topic, own] of topics) {
              const labels = { messaging_destination_name: topic, error_type: errorType };
              sent.inc(labels, own.length);
              durations.observe({ ...labels, messaging_operation_name: 'send' }, seconds);
            }
          };
          try {
            const positions = await producer.send(records, sendOptions);
            settle('');
            return positions;
          } catch (error) {
            settle(isEventError(error) ? error.code : 'unexpected');
            throw error;
          }
        },
      };
    },
  };
}
