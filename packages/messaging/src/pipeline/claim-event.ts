import { EventError } from '@throughline/events';
import { METRICS, type Metrics } from '@throughline/telemetry';
import type { AttemptFate, ClaimStore, DedupKey } from '../claim-store.ts';
import { classify } from '../classify.ts';
import { type Clock, waitFor } from '../clock.ts';
import type { Inbox } from '../inbox.ts';
import type { Concern, Delivery } from './delivery.ts';

export interface ClaimEventOptions {
  readonly claims: ClaimStore;
  readonly inbox: Pick<Inbox<never>, 'countAttempt'>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** How often a claim is renewed while its handler runs, milliseconds. */
  readonly renewEveryMs: number;
  /** Tries of one event, after which it is not handled any more. */
  readonly maxAttempts: number;
}

type Claim = { readonly token: string } | 'none';

/**
 * The fast path of dedup. The attempt is counted here, before the handler runs: one that kills the process is counted too, and after
 * `maxAttempts` the event is not begun again. Without a claim store Postgres alone decides, and counts.
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
      if (delivery.attempt > options.maxAttempts) throw exhausted(delivery, options.maxAttempts);
      const outcome = await next(delivery);
      stopRenewing();
      if (claim !== 'none') await options.claims.confirm(delivery.identity, claim.token);
      if (outcome === 'duplicate')
        duplicates.inc({ messaging_consumer_group_name: delivery.identity.group, noticed_by: 'inbox' });
      return outcome;
    } catch (error) {
      stopRenewing();
      if (claim !== 'none') await options.claims.release(delivery.identity, claim.token, fateOf(error));
      throw error;
    }
  };
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
        await waitFor(options.clock, result.retryAfterMs, delivery.signal);
        break;
      case 'claimed':
        delivery.attempt = Math.max(result.attempt, delivery.attempt + 1);
        return { token: result.token };
      case 'unavailable':
        delivery.attempt = Math.max(await options.inbox.countAttempt(delivery.identity), delivery.attempt + 1);
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

function exhausted({ identity }: Delivery, max: number): EventError {
  return new EventError('ATTEMPTS_EXHAUSTED', `${identity.type} ${identity.id} was begun ${max} times and never finished`);
}

/** A store that is away, or a shutdown, is not the event's fault. */
function fateOf(error: unknown): AttemptFate {
  return classify(error).fate === 'systemic' ? 'taken-back' : 'counted';
}

/** After a dead letter: a replay starts with a count of none. */
export async function forgetAttempts(claims: ClaimStore, identity: DedupKey): Promise<void> {
  const claim = await claims.claim(identity);
  if (claim.outcome === 'claimed') await claims.release(identity, claim.token, 'forgotten');
}
