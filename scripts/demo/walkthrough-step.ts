import type { StorageSession } from '../storage-client/storage-client.ts';
import type { DemoStep } from './run-steps.ts';

/** What the steps hand on to each other. */
export interface Walkthrough {
  readonly edgeUrl: string;
  /** Different in every run, so that runs do not meet. */
  readonly runId: string;
  readonly bucket: string;
  readonly fileName: string;
  session: StorageSession | undefined;
  objectId: string | undefined;
  /** Sends the OBJECT_CREATED of an object again, straight to Kafka, and returns its event id. */
  readonly resendCreated: (objectId: string, times: number) => Promise<string>;
}

/** One step of the walkthrough. */
export type WalkthroughStep = DemoStep<Walkthrough>;

/** The session that step 1 opened. */
export function requireSession(walkthrough: Walkthrough): StorageSession {
  if (walkthrough.session === undefined) throw new Error('nobody is signed in');
  return walkthrough.session;
}
