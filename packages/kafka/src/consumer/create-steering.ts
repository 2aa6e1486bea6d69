import type { FetchSteering } from '../client/repair-consumer-group.ts';
import type { FetchPace } from './fetch-pace.ts';
import type { SubscribedTopics } from './subscribed-topics.ts';

/** For one membership, which begins with what is to be read now. */
export function createSteering(topics: SubscribedTopics, pace: FetchPace): FetchSteering {
  topics.opened();
  return {
    topics: () => topics.next(),
    waitMs: () => pace.waitMs,
    minBytes: () => pace.minBytes,
    rest: () => pace.rest(),
    onTopics: (sent, error) => topics.sent(sent, error),
  };
}
