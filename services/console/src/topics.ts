import { OUTCOMES_TOPIC, type ServiceTopics } from '@throughline/messaging';
import { CANARY_TOPIC } from './canary/create-canary.ts';

/** Names of its groups and topics are its own. */
export const TOPIC_FIELDS = {};

const TOPICS = {
  publishes: [{ topic: CANARY_TOPIC, partitions: 1 }],
  subscriptions: [{ group: 'throughline.console.canary', topics: [CANARY_TOPIC], order: 'none' }],
  readers: [
    { group: 'throughline.console.events', topics: ['#', CANARY_TOPIC] },
    { group: 'throughline.console.outcomes', topics: [OUTCOMES_TOPIC] },
  ],
} as const satisfies ServiceTopics;

export function topicsOf() {
  return TOPICS;
}
