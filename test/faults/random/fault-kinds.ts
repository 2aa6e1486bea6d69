import { setTimeout as delay } from 'node:timers/promises';
import type { FaultProxy } from '@throughline/testing';
import type { FaultStage, StoreName } from './fault-stage.ts';
import type { LedgerWorker } from './ledger-worker.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What faults may be done to. */
export interface FaultTargets {
  readonly stage: FaultStage;
  readonly publishers: readonly LedgerWorker[];
  readonly members: readonly LedgerWorker[];
  /** Redis forgets everything of this run. */
  forgetClaims(): Promise<void>;
}

/** One fault, from its beginning until it is healed. @returns what was done, in words */
export type Fault = (targets: FaultTargets, random: SeededRandom) => Promise<string>;

/** Past the session time-out of a member (6 s), the lease of a claim (3 s) and that of a relay's shards (4 s). */
const FREEZE_MS = [7_000, 10_000] as const;
const ABSENCE_MS = [0, 3_000] as const;
const OUTAGE_MS = [500, 5_000] as const;

const pause = (random: SeededRandom, [least, most]: readonly [number, number]) => delay(random.between(least, most));

async function killWorker(workers: readonly LedgerWorker[], random: SeededRandom): Promise<string> {
  const worker = random.pick(workers);
  await worker.kill();
  await pause(random, ABSENCE_MS);
  worker.start();
  return worker.name;
}

async function freezeWorker(workers: readonly LedgerWorker[], random: SeededRandom): Promise<string> {
  const worker = random.pick(workers);
  worker.freeze();
  try {
    await pause(random, FREEZE_MS);
  } finally {
    worker.thaw();
  }
  return worker.name;
}

/** Faults to processes. */
export const PROCESS_FAULTS = {
  'kill member': ({ members }, random) => killWorker(members, random),
  'kill publisher': ({ publishers }, random) => killWorker(publishers, random),
  'freeze member': ({ members }, random) => freezeWorker(members, random),
  'freeze publisher': ({ publishers }, random) => freezeWorker(publishers, random),
  'remove and add a member': async ({ members }, random) => {
    const worker = random.pick(members);
    const isInOrder = await worker.stop();
    await pause(random, [1_000, 4_000]);
    worker.start();
    if (!isInOrder) throw new Error(`${worker.name} did not stop in order`);
    return worker.name;
  },
} as const satisfies Record<string, Fault>;

async function disturb(
  { stage }: FaultTargets,
  random: SeededRandom,
  begin: (proxy: FaultProxy, store: StoreName) => void,
): Promise<string> {
  const [store, proxy] = random.pick(Object.entries(stage.proxies) as [StoreName, FaultProxy][]);
  begin(proxy, store);
  await pause(random, OUTAGE_MS);
  proxy.heal();
  return store;
}

/** Faults to connections, and to what Redis remembers. */
export const CONNECTION_FAULTS = {
  'flush Redis': async ({ forgetClaims }) => {
    await forgetClaims();
    return 'redis';
  },
  'cut connections': (targets, random) =>
    disturb(targets, random, (proxy) => (random.isLikely(0.5) ? proxy.cut() : proxy.cut(() => random.isLikely(0.5)))),
  'slow connections': (targets, random) => disturb(targets, random, (proxy) => proxy.delay(random.between(20, 400))),
  'hold connections': (targets, random) => disturb(targets, random, (proxy) => proxy.hold()),
  'lose answers': (targets, random) => disturb(targets, random, (proxy) => proxy.loseAnswers()),
} as const satisfies Record<string, Fault>;

const restart =
  (store: StoreName, how: 'stopped' | 'killed'): Fault =>
  async ({ stage }) => {
    if (stage.restart === undefined) throw new Error('this stage cannot restart its stores');
    await stage.restart(store, how);
    return store;
  };

/** Faults to stores; for a stage that can restart them. */
export const STORE_FAULTS = {
  'restart Kafka': restart('kafka', 'stopped'),
  'kill Kafka': restart('kafka', 'killed'),
  'restart Postgres': restart('postgres', 'stopped'),
  'kill Postgres': restart('postgres', 'killed'),
  'kill Redis': restart('redis', 'killed'),
} as const satisfies Record<string, Fault>;
