import fc from 'fast-check';
import type { Fault } from '../../test/fault-plan.ts';
import { MAX_ATTEMPTS, openRandomWorld, type RandomRecord, type RandomWorldOptions } from '../../test/random-world.ts';

type World = Awaited<ReturnType<typeof openRandomWorld>>;

const record: fc.Arbitrary<RandomRecord> = fc.record({
  id: fc.nat(40),
  key: fc.constantFrom('a', 'b', 'c', 'd', null),
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constant('good' as const) },
    {
      weight: 4,
      arbitrary: fc.constantFrom<RandomRecord['kind'][]>(
        ...(['transient', 'unknown', 'bug', 'hangs', 'away', 'foreign', 'unreadable', 'breaks-contract'] as const),
      ),
    },
  ),
  failures: fc.constantFrom(1, 2, 3, 5, 20),
});
const fault = fc.constantFrom<Fault[]>('none', 'none', 'none', 'none', 'before', 'middle', 'after', 'conflict');
const world: fc.Arbitrary<RandomWorldOptions> = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 40 }),
  faults: fc.array(fault, { maxLength: 150 }),
  order: fc.constantFrom('key', 'none'),
  takes: fc.constantFrom('one', 'many'),
  hasOutsideEffects: fc.boolean(),
  minFailedKeys: fc.constantFrom(2, 20),
});
/** A member comes or goes, or time passes. */
const step = fc.oneof(fc.constantFrom('first', 'second'), fc.integer({ min: 1, max: 20_000 }));

/** With two conflicts, fewer than the tries of any event. */
const HARMLESS_FAILURES = 3;
/** Virtual time after which everything has ended, milliseconds. */
const LONGEST_MS = 3_600_000;

describe('the pipeline, whatever its stores, handlers and members do', () => {
  it('gives each event its effect once or keeps it for a person, in the order of its key where that is kept', async () => {
    await fc.assert(
      fc.asyncProperty(world, fc.array(step, { maxLength: 8 }), async (options, steps) => {
        const opened = await openRandomWorld(options);
        await play(opened, options, steps);
        expect(opened.breaches).toEqual([]);
        expectOneEffect(opened, options);
        if (options.order === 'key') expectOrder(opened, options);
        expect(Math.max(0, ...opened.attempts)).toBeLessThanOrEqual(MAX_ATTEMPTS);
        if (opened.plan.lostClaims === 0) expect(new Set(opened.claimMemory.claims.values())).toEqual(expectedClaims(opened));
      }),
      { numRuns: 150 },
    );
  });
});

async function play(opened: World, { records }: RandomWorldOptions, steps: readonly (string | number)[]): Promise<void> {
  const { members, clock, publish, during, move, settled, plan, close } = opened;
  const half = Math.ceil(records.length / 2);
  await publish(0, half);
  await during(members[0].resume());
  for (const each of steps) {
    if (typeof each === 'number') await clock.advance(each);
    else await move(members[each === 'first' ? 0 : 1]);
  }
  await publish(half, records.length);
  await clock.advance(1_000);
  plan.isOver = true;
  await during(members[0].resume());
  const lastMs = clock.nowMs() + LONGEST_MS;
  while (!(await settled())) {
    if (clock.nowMs() > lastMs) throw new Error('it never ends');
    await clock.advance(1_000);
  }
  await close();
}

function expectedClaims({ claimMemory }: World): Set<unknown> {
  return claimMemory.claims.size === 0 ? new Set() : new Set(['done']);
}

function expectOneEffect({ effects, memory, plan }: World, { records }: RandomWorldOptions): void {
  const idOf = (place: number) => `event-${records[place]?.id}`;
  const done = effects.map(idOf);
  expect(done.length).toBe(new Set(done).size);
  const parked = [...memory.parked.values()].flatMap(({ rows }) => rows.map(({ entry }) => entry.key.id));
  const dead = [...memory.letters.values()];
  const answered = new Set([...done, ...parked, ...dead.map(({ eventId }) => eventId)]);
  const wanted = records.flatMap(({ kind }, place) => (kind === 'foreign' ? [] : [idOf(place)]));
  expect(wanted.filter((id) => !answered.has(id))).toEqual([]);
  expect(dead.filter(({ eventId }) => harmlessIds(records, plan).has(eventId))).toEqual([]);
}

/** Events that no member may give up: they go well before their tries are used up, and outages, conflicts and rebalances are not their fault. */
function harmlessIds(records: readonly RandomRecord[], { lostClaims }: World['plan']): Set<string> {
  const lasting = ['bug', 'unreadable', 'breaks-contract'];
  const failuresOf = ({ kind, failures }: RandomRecord): number => {
    if (kind === 'good' || kind === 'away' || kind === 'foreign') return 0;
    return lasting.includes(kind) || lostClaims > 0 ? Number.POSITIVE_INFINITY : failures;
  };
  const byId = Map.groupBy(records, ({ id }) => `event-${id}`);
  const harmless = [...byId].filter(([, same]) => same.reduce((sum, each) => sum + failuresOf(each), 0) <= HARMLESS_FAILURES);
  return new Set(harmless.map(([id]) => id));
}

/** Effects of a key are in the order of its records, and none gets past one that waits. */
function expectOrder({ effects, memory }: World, { records }: RandomWorldOptions): void {
  for (const key of ['a', 'b', 'c', 'd']) {
    const places = effects.filter((place) => records[place]?.key === key);
    expect(places).toEqual(places.toSorted((left, right) => left - right));
    const rows = [...memory.parked.values()].flatMap((parked) => parked.rows);
    const waiting = rows.filter(({ entry }) => entry.record.key?.toString() === key).map(({ entry }) => entry.original.offset);
    expect(waiting).toEqual(waiting.toSorted((left, right) => Number(left - right)));
  }
}
