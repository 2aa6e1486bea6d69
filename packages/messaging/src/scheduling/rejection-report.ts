import type { Clock } from '../clock.ts';
import type { UnfinishedRecord } from '../messaging-driver.ts';
import type { RecordSchedulerOptions } from './record-scheduler.ts';

const REPORT_INTERVAL_MS = 1000;

/** An outage rejects everything: one in a second says enough. */
export function createRejectionReport(
  { onRejected }: Pick<RecordSchedulerOptions, 'onRejected'>,
  clock: Clock,
): (rejected: UnfinishedRecord, delayMs: number) => void {
  let unreported = 0;
  let nextReportAtMs = 0;
  return ({ record, error }, delayMs) => {
    unreported += 1;
    const nowMs = clock.nowMs();
    if (nowMs < nextReportAtMs) return;
    nextReportAtMs = nowMs + REPORT_INTERVAL_MS;
    onRejected?.(record, error, { delayMs, rejections: unreported });
    unreported = 0;
  };
}
