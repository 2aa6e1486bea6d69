import { expectStatus } from '../api-client/expect-status.ts';
import type { Installation } from '../installation/installation.ts';

/** A queue as `GET /operations/queues/{group}` tells it, as far as the demo shows it. */
export interface QueueNumbers {
  readonly approximateNumberOfMessages: number;
  readonly approximateNumberOfMessagesNotVisible: number | null;
  readonly approximateNumberOfMessagesDelayed: number;
  readonly approximateAgeOfOldestMessageSeconds: number;
  readonly deadLetters: number | null;
  readonly members: number | null;
}

/** What a group did with an event, one line of its journey. */
export interface JourneyLine {
  readonly at: string;
  readonly outcome: string;
  readonly attempt: number;
  readonly detail: string | null;
}

/** What operators may do and see, by the operations APIs of the services. */
export interface IntakeOperations {
  queue(): Promise<QueueNumbers>;
  /** What the workers did with an event so far, in the order of time. */
  journey(eventId: string): Promise<readonly JourneyLine[]>;
  /** The dead letter of an event that waits for a decision. */
  deadLetter(eventId: string): Promise<{ dlqId: string; reason: string; attempts: number } | undefined>;
  replay(dlqId: string): Promise<void>;
}

/** The operations APIs of an installation. @throws {Error} when order intake does not run there */
export async function createIntakeOperations(installation: Installation, group: string): Promise<IntakeOperations> {
  const token = await installation.operationsToken();
  const workerUrl = await installation.opsUrl('intake-worker');
  const apiUrl = await installation.opsUrl('intake-api');
  const consoleUrl = await installation.httpUrl('console');
  return {
    queue: async () => {
      const reply = await expectStatus(apiUrl, { method: 'GET', path: `/operations/queues/${group}`, token }, [200]);
      return reply.json();
    },
    journey: async (eventId) => {
      const reply = await expectStatus(consoleUrl, { method: 'GET', path: `/journeys/${eventId}`, token }, [200, 404]);
      if (reply.status === 404) return [];
      const { groups } = reply.json() as { groups: { group: string; steps: JourneyLine[] }[] };
      const steps = groups.find((each) => each.group === group)?.steps ?? [];
      return steps.toSorted((left, right) => Date.parse(left.at) - Date.parse(right.at));
    },
    deadLetter: async (eventId) => {
      const query = { eventId, group };
      const reply = await expectStatus(workerUrl, { method: 'GET', path: '/operations/dead-letters', query, token }, [200]);
      return reply.json().items[0];
    },
    replay: async (dlqId) => {
      const headers = { 'x-operator': 'demo' };
      const path = `/operations/dead-letters/${dlqId}/replay`;
      await expectStatus(workerUrl, { method: 'POST', path, headers, token }, [200, 202]);
    },
  };
}
