import { waitFor } from '@throughline/testing';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { repairRequestQueue } from './repair-request-queue.ts';

describe('repairRequestQueue', () => {
  const newQueue = (pending: unknown[], throttledUntil: number) => {
    repairRequestQueue();
    let checks = 0;
    const queue = Object.assign(Object.create(RequestQueue.prototype) as RequestQueue, {
      pending,
      throttledUntil,
      throttleCheckTimeoutId: null,
      checkPendingRequests: () => {
        checks += 1;
      },
    });
    return { queue, checks: () => checks };
  };

  it('arms no timer while nothing waits', () => {
    const { queue } = newQueue([], -1);
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('checks once, soon, when something waits', async () => {
    const { queue, checks } = newQueue([{}], -1);
    queue.scheduleCheckPendingRequests();
    const armed = queue.throttleCheckTimeoutId;
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBe(armed);
    await waitFor(() => checks() > 0, { description: 'the check' });
    expect(checks()).toBe(1);
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('leaves no warning of a negative timeout', async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.name);
    process.on('warning', note);
    const { queue, checks } = newQueue([{}], 1);
    queue.scheduleCheckPendingRequests();
    await waitFor(() => checks() > 0, { description: 'the check' });
    process.off('warning', note);
    expect(warnings).not.toContain('TimeoutNegativeWarning');
  });
});
