import { EventError } from '@throughline/events';
import { METRICS, type Metrics } from '@throughline/telemetry';
import type { AttemptFate, ClaimStore, DedupKey } from '../claim-store.ts';
import { classify } from '../classify.ts';
import { type Clock, waitFor } from '../clock.ts';
import type { Inbox } from '../inbox.ts';
import type { Concern, Delivery } from './delivery.ts';

export interface ClaimEventOptions {
  readonly claims: ClaimStore;
  readonly inbox: Pick<Inbox<never>, 'countAttempt' | 'uncountAttempt' | 'isHandled'>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** How often a claim is renewed while its handler runs, milliseconds. */
  readonly renewEveryMs: number;
  /** Tries of one event, after which it is not handled any more. */
  readonly maxAttempts: number;
}

/** Longest wait before asking again for somebody else's claim: the other may end long before its lease does. */
const LONGEST_CLAIM_WAIT_MS = 500;

type Claim = { readonly token: string } | 'none';

/**
 * The fast path of dedup. The attempt is counted here, before the handler runs: one that kills the process is counted too, and after
 * `maxAttempts` the event is not begun again, unless it was handled before and only its claim was forgotten. Without a claim store
 * Postgres alone decides, and counts.
 */
export function claimEvent(options: ClaimEventOptions): Concern {
  const duplicates = options.metrics.counter(METRICS.eventDuplicatesTotal);
  return (next) => async (delivery) => {
    const claim = await takeClaim(options, delivery);
    if (claim === 'done') {
      duplicates.inc({ messaging_consumer_group_name: delivery.identity.group, noticed_by: 'claim' });
      return 'duplicate';
    }
    const stopRenewing = claim === 'none' ? () => {} : renewClaim(options, delivery, claim.token);
    try {
      const outcome = (await isForgotten(options, delivery)) ? 'duplicate' : await next(delivery);
      stopRenewing();
      if (claim !== 'none') await options.claims.confirm(delivery.identity, claim.token);
      if (outcome === 'duplicate')
        duplicates.inc({ messaging_consumer_group_name: delivery.identity.group, noticed_by: 'inbox' });
      return outcome;
    } catch (error) {
      stopRenewing();
      await giveBack(options, delivery, { claim, fate: fateOf(error, delivery) });
      throw error;
    }
  };
}

/** Of an event with no tries left: whether it was handled all the same. @throws {EventError} `ATTEMPTS_EXHAUSTED` when it was not */
async function isForgotten({ inbox, maxAttempts }: ClaimEventOptions, { attempt, identity }: Delivery): Promise<boolean> {
  if (attempt <= maxAttempts) return false;
  if (await inbox.isHandled(identity)) return true;
  throw new EventError('ATTEMPTS_EXHAUSTED', `${identity.type} ${identity.id} was begun ${maxAttempts} times and never finished`);
}

async function giveBack(
  { claims, inbox }: ClaimEventOptions,
  delivery: Delivery,
  { claim, fate }: { claim: Claim; fate: AttemptFate },
): Promise<void> {
  if (claim === 'none') {
    if (fate === 'taken-back') await uncount(inbox, delivery);
    return;
  }
  await claims.release(delivery.identity, claim.token, fate);
  if (fate === 'taken-back') delivery.counted.byClaims -= 1;
}

/** An inbox that is away keeps the count: the error on its way tells more than this one. */
async function uncount(inbox: Pick<Inbox<never>, 'uncountAttempt'>, delivery: Delivery): Promise<void> {
  delivery.counted.byInbox -= 1;
  await inbox.uncountAttempt(delivery.identity).catch(() => undefined);
}

async function takeClaim(options: ClaimEventOptions, delivery: Delivery): Promise<Claim | 'done'> {
  for (;;) {
    if (delivery.signal.aborted)
      throw new EventError('SHUTTING_DOWN', 'Stopped before the event was claimed', { retryable: true });
    const result = await options.claims.claim(delivery.identity);
    switch (result.outcome) {
      case 'done':
        return 'done';
      case 'in-work':
        await waitFor(options.clock, Math.min(result.retryAfterMs, LONGEST_CLAIM_WAIT_MS), delivery.signal);
        break;
      case 'claimed':
        delivery.attempt = Math.max(result.attempt, delivery.attempt + 1);
        delivery.counted.byClaims += 1;
        return { token: result.token };
      case 'unavailable':
        delivery.attempt = Math.max(await options.inbox.countAttempt(delivery.identity), delivery.attempt + 1);
        delivery.counted.byInbox += 1;
        return 'none';
    }
  }
}

/** A lease that is lost all the same costs a second run at most: the inbox lets one of them commit. */
function renewClaim({ claims, clock, renewEveryMs }: ClaimEventOptions, { identity }: Delivery, token: string): () => void {
  let isStopped = false;
  let cancel = () => {};
  const schedule = () => {
    cancel = clock.after(renewEveryMs, () => {
      void claims.renew(identity, token).then((isOurs) => {
        if (isOurs && !isStopped) schedule();
      });
    });
  };
  schedule();
  return () => {
    isStopped = true;
    cancel();
  };
}

/** A store that is away, or a shutdown, is not the event's fault; and where tries are used up, none was begun. */
function fateOf(error: unknown, { signal }: Delivery): AttemptFate {
  const { fate, reason } = classify(error);
  return signal.aborted || fate === 'systemic' || reason === 'attempts' ? 'taken-back' : 'counted';
}

/** The event starts anew: after a dead letter a replay has all its tries. */
export async function forgetAttempts(claims: ClaimStore, identity: DedupKey): Promise<void> {
  const claim = await claims.claim(identity);
  if (claim.outcome === 'claimed') await claims.release(identity, claim.token, 'forgotten');
}

/**
 * For a delivery that keeps its place and comes again from its first try: those it has counted are taken back, or an outage would use them up.
 * What travels in the record's headers is not touched.
 */
export async function takeBackAttempts(
  { claims, inbox }: Pick<ClaimEventOptions, 'claims' | 'inbox'>,
  delivery: Delivery,
): Promise<void> {
  while (delivery.counted.byInbox > 0) await uncount(inbox, delivery);
  if (delivery.counted.byClaims > 0) await forgetAttempts(claims, delivery.identity);
}
