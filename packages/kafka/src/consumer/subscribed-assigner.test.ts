import { assignTopic } from './subscribed-assigner.ts';

type Owned = Record<string, number[]>;

function member(memberId: string, topics: readonly string[], owned: Owned = {}) {
  return { memberId, topics: new Set(topics), owned, assigned: {} as Owned };
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('assignTopic', () => {
  it('gives a topic only to those who read it', () => {
    const [one, both] = [member('a', ['x']), member('b', ['x', 'y'])] as const;
    assignTopic('x', range(4), [one, both]);
    assignTopic('y', range(3), [one, both]);
    expect(one.assigned).toEqual({ x: [0, 1] });
    expect(both.assigned).toEqual({ x: [2, 3], y: [0, 1, 2] });
  });

  it('gives nobody a topic that nobody reads', () => {
    const one = member('a', ['x']);
    assignTopic('y', range(3), [one]);
    expect(one.assigned).toEqual({});
  });

  it.each([
    [6, 4],
    [7, 3],
    [1, 3],
    [12, 5],
  ])('shares %d partitions among %d members evenly, each once', (partitions, count) => {
    const members = range(count).map((index) => member(`m${index}`, ['x']));
    assignTopic('x', range(partitions), members);
    const sizes = members.map(({ assigned }) => assigned.x?.length ?? 0);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    expect(members.flatMap(({ assigned }) => assigned.x ?? []).sort((a, b) => a - b)).toEqual(range(partitions));
  });

  it('leaves partitions with their owners as far as an even share allows', () => {
    const [a, b, c] = [member('a', ['x'], { x: [1, 3, 5] }), member('b', ['x'], { x: [0, 2, 4] }), member('c', ['x'])] as const;
    assignTopic('x', range(6), [a, b, c]);
    expect([a.assigned.x, b.assigned.x, c.assigned.x]).toEqual([
      [1, 3],
      [0, 2],
      [4, 5],
    ]);
  });

  it('spreads topics of one partition over the members', () => {
    const members = [member('a', ['x', 'y', 'z']), member('b', ['x', 'y', 'z']), member('c', ['x', 'y', 'z'])];
    for (const topic of ['x', 'y', 'z']) assignTopic(topic, [0], members);
    expect(members.map(({ assigned }) => Object.keys(assigned).length)).toEqual([1, 1, 1]);
  });

  it('gives a partition that two claim to one of them', () => {
    const [a, b] = [member('a', ['x'], { x: [0, 1] }), member('b', ['x'], { x: [1, 0] })] as const;
    assignTopic('x', range(2), [a, b]);
    expect([...(a.assigned.x ?? []), ...(b.assigned.x ?? [])].sort()).toEqual([0, 1]);
  });
});
