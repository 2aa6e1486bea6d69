import type { ServiceTopics } from '@throughline/messaging';
import { kafkaResourcesOf } from './kafka-resources.ts';

const orders: ServiceTopics = { publishes: [{ topic: 'shop.orders.v1', partitions: 12 }], subscriptions: [] };
const billing: ServiceTopics = {
  publishes: [],
  subscriptions: [{ group: 'shop.billing', topics: ['shop.orders.v1'], order: 'none', retry: { delays: ['1s'] } }],
};

describe('kafkaResourcesOf', () => {
  it('gives a group its own topics, with the partitions of what it reads, and dead letters that are kept', () => {
    const { topics } = kafkaResourcesOf(billing, [orders, billing]);
    const days7 = 604_800_000;
    expect(topics).toEqual([
      { topic: 'throughline.outcomes', partitions: 6, retentionMs: days7 },
      { topic: 'shop.billing.retry.1s', partitions: 12, retentionMs: days7 },
      { topic: 'shop.billing.replay', partitions: 12, retentionMs: days7 },
      { topic: 'shop.billing.dlq', partitions: 12, retentionMs: -1 },
    ]);
  });

  it('lets a user write what its service publishes and nothing else', () => {
    const { rights } = kafkaResourcesOf(orders, [orders, billing]);
    expect(rights).toEqual([
      { resource: { type: 'topic', name: 'shop.orders.v1', patternType: 'literal' }, operations: ['Describe', 'Write'] },
      { resource: { type: 'topic', name: 'throughline.outcomes', patternType: 'literal' }, operations: ['Describe', 'Write'] },
    ]);
  });

  it('lets a group read its sources, and write to its own topics alone', () => {
    const { rights } = kafkaResourcesOf(billing, [orders, billing]);
    const of = (type: string, name: string) => rights.find(({ resource }) => resource.type === type && resource.name === name);
    expect(of('topic', 'shop.orders.v1')?.operations).toEqual(['Describe', 'Read']);
    expect(of('topic', 'shop.billing.')).toEqual({
      resource: { type: 'topic', name: 'shop.billing.', patternType: 'prefix' },
      operations: ['Describe', 'Read', 'Write'],
    });
    expect(of('group', 'shop.billing')?.operations).toEqual(['Describe', 'Read']);
    expect(of('group', 'shop.billing.')?.operations).toEqual(['Delete', 'Describe', 'Read']);
  });

  it('lets whoever watches a queue see how long it is, and not what is in it', () => {
    const api: ServiceTopics = { ...orders, watches: [{ group: 'shop.billing', topics: ['shop.orders.v1'] }] };
    const { rights } = kafkaResourcesOf(api, [api, billing]);
    expect(rights.flatMap(({ operations }) => operations)).not.toContain('Read');
    expect(rights).toContainEqual({
      resource: { type: 'topic', name: 'shop.billing.', patternType: 'prefix' },
      operations: ['Describe'],
    });
  });

  it('widens a pattern to what stands before its wildcard', () => {
    const index: ServiceTopics = {
      publishes: [],
      subscriptions: [],
      readers: [{ group: 'index', topics: ['#', 'file.*'] }],
    };
    const { rights } = kafkaResourcesOf(index, [index]);
    expect(rights).toContainEqual({
      resource: { type: 'topic', name: '*', patternType: 'literal' },
      operations: ['Describe', 'Read'],
    });
    expect(rights).toContainEqual({
      resource: { type: 'topic', name: 'file.', patternType: 'prefix' },
      operations: ['Describe', 'Read'],
    });
  });
});
