declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** The part of kafkajs' request queue (2.2.4) that `repairRequestQueue` touches. */
  class RequestQueue {
    pending: unknown[];
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
  export = RequestQueue;
}
