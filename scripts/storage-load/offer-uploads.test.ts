import { setImmediate as turn } from 'node:timers/promises';
import { offerUploads } from './offer-uploads.ts';
import { createUploadLedger } from './upload-ledger.ts';
import type { UploadOutcome } from './upload-outcome.ts';

/** Offers until so many were sent, and answers each with what `answer` says. */
async function offer(options: {
  until: number;
  concurrency: number;
  rate?: number;
  pauseMs?: number;
  answer?: (count: number) => UploadOutcome;
}) {
  const { until, answer = (count) => ({ kind: 'acknowledged', objectId: `id-${count}` }), pauseMs = 1, ...rest } = options;
  const enough = new AbortController();
  const ledger = createUploadLedger();
  const names: string[] = [];
  const seen = { underWay: 0, most: 0 };
  const upload = async (fileName: string) => {
    names.push(fileName);
    const count = names.length;
    seen.underWay += 1;
    seen.most = Math.max(seen.most, seen.underWay);
    if (count === until) enough.abort();
    await turn();
    seen.underWay -= 1;
    return answer(count);
  };
  const startedAt = performance.now();
  await offerUploads({ upload, ledger, signal: enough.signal, pauseMs, ...rest });
  return { ledger, names, most: seen.most, tookMs: performance.now() - startedAt };
}

describe('offerUploads', () => {
  it('keeps as many under way as it is told to, each under a name of its own, and waits for the last', async () => {
    const { ledger, names, most } = await offer({ until: 40, concurrency: 4 });
    expect(most).toBe(4);
    expect(new Set(names).size).toBe(names.length);
    expect(ledger.counts()).toEqual({ sent: names.length, acknowledged: names.length, refused: 0, unknown: 0 });
    expect(ledger.acknowledged()).toContainEqual({ fileName: 'object-40', objectId: 'id-40' });
  });

  it('goes on after a refusal and an unknown outcome, a moment later and with another name', async () => {
    const answer = (count: number): UploadOutcome =>
      count === 1 ? { kind: 'refused', reason: '503 overloaded' } : { kind: 'unknown', reason: '503' };
    const { ledger, names, tookMs } = await offer({ until: 3, concurrency: 1, pauseMs: 40, answer });
    expect(names).toEqual(['object-1', 'object-2', 'object-3']);
    expect(ledger.counts()).toEqual({ sent: 3, acknowledged: 0, refused: 1, unknown: 2 });
    expect(ledger.reasons()).toEqual({ '503 overloaded': 1, '503': 2 });
    expect(tookMs).toBeGreaterThan(75);
  });

  it('sends no more than its rate', async () => {
    const { names, tookMs } = await offer({ until: 11, concurrency: 3, rate: 100 });
    expect(names).toHaveLength(11);
    expect(tookMs).toBeGreaterThan(95);
  });

  it('offers nothing once the signal has fired', async () => {
    const ledger = createUploadLedger();
    const upload = async (): Promise<UploadOutcome> => ({ kind: 'acknowledged', objectId: 'never' });
    await offerUploads({ upload, ledger, concurrency: 2, pauseMs: 1, signal: AbortSignal.abort() });
    expect(ledger.counts().sent).toBe(0);
  });
});
