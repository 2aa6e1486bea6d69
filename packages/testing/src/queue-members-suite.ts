import type { QueueMembers } from '@throughline/messaging';
import { testPrefix } from './test-prefix.ts';
import { waitFor } from './wait-for.ts';

/** What the suite needs of an implementation. */
export interface QueueMembersSuite {
  /** Those of one suite see what the others were told. */
  readonly createMembers: (options: { readonly staleAfterMs: number }) => QueueMembers | Promise<QueueMembers>;
}

/** What every implementation of QueueMembers promises. Call it inside a `describe`; it makes the tests. */
export function queueMembersSuite({ createMembers }: QueueMembersSuite): void {
  const staleAfterMs = 60_000;
  const sorted = async (members: QueueMembers, group: string) =>
    [...((await members.members(group)) ?? [])].sort((left, right) => left.inFlight - right.inFlight);

  it('knows no member and no dead letters of a group that nobody told of', async () => {
    const members = await createMembers({ staleAfterMs });
    expect(await members.members(testPrefix())).toEqual([]);
    expect(await members.deadLetters(testPrefix())).toBeUndefined();
  });

  it('knows what each member of a group told last, whoever it told', async () => {
    const [here, there] = [await createMembers({ staleAfterMs }), await createMembers({ staleAfterMs })];
    const group = testPrefix();
    await here.tell(group, 'a', { inFlight: 9, finishedAhead: 9 });
    await here.tell(group, 'a', { inFlight: 1 });
    await there.tell(group, 'b', { inFlight: 2, finishedAhead: 7 });
    await there.tell(`${group}.more`, 'c', { inFlight: 3 });
    expect(await sorted(here, group)).toMatchObject([{ inFlight: 1 }, { inFlight: 2, finishedAhead: 7 }]);
    expect(await sorted(there, group)).toHaveLength(2);
    expect((await sorted(there, group))[0]?.finishedAhead ?? 0).toBe(0);
  });

  it('forgets a member that leaves, and no other', async () => {
    const members = await createMembers({ staleAfterMs });
    const group = testPrefix();
    await members.tell(group, 'a', { inFlight: 1 });
    await members.tell(group, 'b', { inFlight: 2 });
    await members.leave(group, 'a');
    await members.leave(group, 'never-came');
    expect(await sorted(members, group)).toMatchObject([{ inFlight: 2 }]);
  });

  it('does not count a member that told nothing more, and keeps those that do', async () => {
    const members = await createMembers({ staleAfterMs: 400 });
    const group = testPrefix();
    await members.tell(group, 'died', { inFlight: 1 });
    await waitFor(
      async () => {
        await members.tell(group, 'lives', { inFlight: 2 });
        const alive = await sorted(members, group);
        expect(alive.at(-1)).toMatchObject({ inFlight: 2 });
        return alive.length === 1;
      },
      { description: 'the dead member not to count', timeoutMs: 5_000 },
    );
    expect(await sorted(members, group)).toMatchObject([{ inFlight: 2 }]);
  });

  it('knows a count of dead letters, also none, after members went', async () => {
    const members = await createMembers({ staleAfterMs });
    const group = testPrefix();
    await members.tell(group, 'a', { inFlight: 1 });
    await members.tellDeadLetters(group, 12);
    await members.leave(group, 'a');
    expect(await members.deadLetters(group)).toBe(12);
    await members.tellDeadLetters(group, 0);
    expect(await members.deadLetters(group)).toBe(0);
    expect(await members.members(group)).toEqual([]);
  });
}
