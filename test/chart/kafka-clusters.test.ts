import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ofKind } from './kube-object.ts';
import { parseObjects } from './render-chart.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe.each(globSync('k8s/kafka-*.yaml', { cwd: ROOT }))('%s', (path) => {
  it('spreads over nodes what there are several of', () => {
    const pools = ofKind(parseObjects(readFileSync(join(ROOT, path), 'utf8')), 'KafkaNodePool');
    expect(pools.length).toBeGreaterThan(0);
    for (const { metadata, spec } of pools.filter((pool) => pool.spec.replicas > 1)) {
      const matchLabels = { ...metadata.labels, 'strimzi.io/pool-name': metadata.name };
      const constraint = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels } };
      expect([metadata.name, spec.template?.pod?.topologySpreadConstraints]).toEqual([
        metadata.name,
        [expect.objectContaining(constraint)],
      ]);
    }
  });
});
