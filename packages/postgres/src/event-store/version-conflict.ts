import { EventError } from '@throughline/events';
import type { ExpectedVersion, StreamName } from './event-store.ts';

/** Somebody else appended first, or the caller's knowledge of the stream is old. */
export class VersionConflict extends EventError {
  /** Of the stream's last event, 0 when it has none. */
  readonly actualVersion: number;

  constructor(
    { aggregateType, aggregateId }: StreamName,
    versions: { readonly expected: ExpectedVersion; readonly actual: number },
  ) {
    const message = `Stream ${aggregateType} ${aggregateId} has version ${versions.actual}, expected was ${versions.expected}`;
    super('VERSION_CONFLICT', message, { retryable: true });
    this.actualVersion = versions.actual;
  }
}
