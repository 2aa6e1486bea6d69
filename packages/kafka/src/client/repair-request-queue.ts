import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/** kafkajs' own interval for a queue that waits for room. */
const CHECK_PENDING_REQUESTS_MS = 10;

/**
 * kafkajs 2.2.4 arms a timer of `throttledUntil - now` after every answer, which is negative where nothing is throttled: Node 24 warns
 * (TimeoutNegativeWarning) and runs it after 1 ms, and it arms itself again, 1,000 times a second a connection for as long as it is open
 * (tulios/kafkajs#1768). A check is needed only while requests wait, so that is when it is armed. Applies to the process' kafkajs.
 */
export function repairRequestQueue(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(): void {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : CHECK_PENDING_REQUESTS_MS,
    );
  };
}
