import { matchesPattern } from '@throughline/events';
import type { Logger } from '@throughline/telemetry';
import type { MessagingDriver } from '../messaging-driver.ts';

export interface FollowTopicsOptions {
  readonly driver: Pick<MessagingDriver, 'listTopics'>;
  /** Names or patterns. */
  readonly wanted: readonly string[];
  /** What is read already. */
  readonly first: readonly string[];
  readonly logger: Logger;
  /** Called with all topics when one has come or gone; when it rejects it is called again. */
  readonly onChange: (topics: readonly string[]) => Promise<void>;
  /** How soon a new topic is noticed, milliseconds. (Default: 5 000) */
  readonly refreshMs?: number;
}

/** Topics as patterns mean them, for as long as somebody reads them. */
export interface TopicFollower {
  topics(): readonly string[];
  /** Waits for a change that is under way. */
  stop(): Promise<void>;
}

/** The topics that names and patterns mean at present, sorted. A name is taken as it is written, be it there or not; a pattern never means topics of the backbone or of the broker itself. */
export async function matchTopics(
  driver: Pick<MessagingDriver, 'listTopics'>,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const patterns = wanted.filter(isPattern);
  const names = wanted.filter((name) => !isPattern(name));
  if (patterns.length === 0) return [...new Set(names)].sort();
  const present = (await driver.listTopics()).filter((topic) => !topic.startsWith('__'));
  const matched = present.filter((topic) => patterns.some((pattern) => matchesPattern(pattern, topic)));
  return [...new Set([...names, ...matched])].sort();
}

/**
 * Looks for topics that patterns mean and that were made or deleted after the start: a consumer that goes on asking for a deleted one gets nothing of the others either.
 * Without a pattern there is nothing to look for.
 */
export function followTopics(options: FollowTopicsOptions): TopicFollower {
  const { driver, wanted, logger, onChange, refreshMs = 5_000 } = options;
  let topics = options.first;
  let looking: Promise<void> | undefined;
  if (!wanted.some(isPattern)) return { topics: () => topics, stop: async () => {} };
  let missing: readonly string[] = [];
  const look = async () => {
    const present = await matchTopics(driver, wanted);
    const absent = topics.filter((topic) => !present.includes(topic));
    // A broker that has just started may not know all of them yet: gone is what two looks in a row did not find.
    const gone = absent.filter((topic) => missing.includes(topic));
    missing = absent;
    const added = present.filter((topic) => !topics.includes(topic));
    if (added.length === 0 && gone.length === 0) return;
    const all = [...topics.filter((topic) => !gone.includes(topic)), ...added];
    await onChange(all);
    topics = all;
    logger.info({ added, gone }, 'The topics that are read have changed');
  };
  const timer = setInterval(() => {
    looking ??= look()
      .catch((error: unknown) => logger.warn({ err: error }, 'New topics could not be looked for; trying again'))
      .finally(() => {
        looking = undefined;
      });
  }, refreshMs);
  timer.unref();
  return {
    topics: () => topics,
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}

function isPattern(topic: string): boolean {
  return topic.includes('*') || topic.includes('#');
}
