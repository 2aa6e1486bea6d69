import type { AttemptFate, Claim, ClaimResult, ClaimStore } from '../claim-store.ts';
import type { Clock } from '../clock.ts';
import type { Inbox } from '../inbox.ts';
import type { Delivery } from './delivery.ts';

export interface HeldClaimsOptions {
  readonly claims: ClaimStore;
  readonly inbox: Pick<Inbox<never>, 'countAttempts' | 'uncountAttempts'>;
  readonly clock: Clock;
  /** How often claims are renewed while their handlers run, milliseconds. */
  readonly renewEveryMs: number;
}

/** `ours`: to be handled; the delivery's attempt is set. */
export type Taken = 'ours' | 'done' | { readonly retryAfterMs: number };

/** Longest wait before asking again for somebody else's claim: the other may end long before its lease does. */
const LONGEST_CLAIM_WAIT_MS = 500;

/**
 * The claims of a chunk, taken, confirmed and given back in one round trip each and renewed meanwhile. The attempt is counted here, before the handler runs: one that kills
 * the process is counted too. Without a claim store Postgres alone decides, and counts. A lease that is lost all the same costs a second run at most: the inbox lets one of them commit.
 */
export class HeldClaims {
  readonly #options: HeldClaimsOptions;
  readonly #held = new Map<Delivery, Claim>();
  #cancel: (() => void) | undefined;

  constructor(options: HeldClaimsOptions) {
    this.#options = options;
  }

  /** @throws what the inbox throws when it has to count and cannot; then nothing is taken. */
  async take(deliveries: readonly Delivery[]): Promise<readonly Taken[]> {
    const results = await this.#options.claims.claim(deliveries.map(({ key }) => key));
    const uncounted: Delivery[] = [];
    const taken = deliveries.map((delivery, index) => this.#note(delivery, results[index], uncounted));
    if (this.#held.size > 0) this.#schedule();
    if (uncounted.length > 0) await this.#countInInbox(deliveries, uncounted);
    return taken;
  }

  /** After the commit only. */
  async confirm(deliveries: readonly Delivery[]): Promise<void> {
    const claims = this.#drop(deliveries);
    if (claims.length > 0) await this.#options.claims.confirm(claims);
  }

  async giveBack(deliveries: readonly Delivery[], fate: AttemptFate): Promise<void> {
    const claimed = deliveries.filter((delivery) => this.#held.has(delivery));
    const claims = this.#drop(claimed);
    if (claims.length > 0) await this.#options.claims.release(claims, fate);
    if (fate !== 'taken-back') return;
    for (const { counted } of claimed) counted.byClaims -= 1;
    const isClaimed = new Set(claimed);
    await uncount(
      this.#options.inbox,
      deliveries.filter((delivery) => !isClaimed.has(delivery) && delivery.counted.byInbox > 0),
    );
  }

  close(): void {
    this.#held.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #note(delivery: Delivery, result: ClaimResult | undefined, uncounted: Delivery[]): Taken {
    switch (result?.outcome) {
      case 'done':
        return 'done';
      case 'in-work':
        return { retryAfterMs: Math.min(result.retryAfterMs, LONGEST_CLAIM_WAIT_MS) };
      case 'claimed':
        this.#held.set(delivery, { key: delivery.key, token: result.token });
        delivery.attempt = Math.max(result.attempt, delivery.attempt + 1);
        delivery.counted.byClaims += 1;
        return 'ours';
      default:
        uncounted.push(delivery);
        return 'ours';
    }
  }

  async #countInInbox(all: readonly Delivery[], uncounted: readonly Delivery[]): Promise<void> {
    try {
      const attempts = await this.#options.inbox.countAttempts(uncounted.map(({ key }) => key));
      uncounted.forEach((delivery, index) => {
        delivery.attempt = Math.max(attempts[index] ?? 1, delivery.attempt + 1);
        delivery.counted.byInbox += 1;
      });
    } catch (error) {
      await this.giveBack(
        all.filter((delivery) => this.#held.has(delivery)),
        'taken-back',
      );
      throw error;
    }
  }

  #drop(deliveries: readonly Delivery[]): Claim[] {
    const claims: Claim[] = [];
    for (const delivery of deliveries) {
      const claim = this.#held.get(delivery);
      if (claim === undefined) continue;
      claims.push(claim);
      this.#held.delete(delivery);
    }
    if (this.#held.size === 0) {
      this.#cancel?.();
      this.#cancel = undefined;
    }
    return claims;
  }

  #schedule(): void {
    this.#cancel ??= this.#options.clock.after(this.#options.renewEveryMs, () => void this.#renew());
  }

  /** One that is lost stays held: to confirm it is harmless, and it cannot be told from one whose renewal came late. */
  async #renew(): Promise<void> {
    this.#cancel = undefined;
    await this.#options.claims.renew([...this.#held.values()]);
    if (this.#held.size > 0) this.#schedule();
  }
}

/** Whether tries were counted that neither this delivery nor the record's history knows of: they never ended. */
export function wasNeverEnded({ attempt, history, counted }: Delivery): boolean {
  return attempt > history.attempts + counted.byClaims + counted.byInbox;
}

/** An inbox that is away keeps the count: the error on its way tells more than this one. */
async function uncount(inbox: HeldClaimsOptions['inbox'], deliveries: readonly Delivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  for (const { counted } of deliveries) counted.byInbox -= 1;
  await inbox.uncountAttempts(deliveries.map(({ key }) => key)).catch(() => undefined);
}

/**
 * For a delivery that keeps its place and comes again from its first try: those it has counted are taken back, or an outage would use them up.
 * What travels in the record's headers is not touched.
 */
export async function takeBackAttempts(
  { claims, inbox }: Pick<HeldClaimsOptions, 'claims' | 'inbox'>,
  delivery: Delivery,
): Promise<void> {
  while (delivery.counted.byInbox > 0) await uncount(inbox, [delivery]);
  if (delivery.counted.byClaims > 0) await claims.forgetAttempts([delivery.key]);
  delivery.counted.byClaims = 0;
}
