import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const FILE = join(import.meta.dirname, '..', '..', 'observability', 'prometheus', 'kubernetes.yaml');

describe('the configuration for Prometheus in a cluster', () => {
  it('labels what it scrapes with the namespace of the pod, as an operator’s Prometheus does: the query for lag scaling names it', () => {
    const { scrape_configs: scrapes } = parse(readFileSync(FILE, 'utf8'));
    const [rule] = scrapes[0].relabel_configs;
    expect(rule).toMatchObject({ source_labels: ['__meta_dns_srv_record_target'], target_label: 'namespace' });
    const target = '10-244-0-7.throughline-targets.of-a-team.svc.cluster.local.';
    expect(new RegExp(`^(?:${rule.regex})$`).exec(target)?.[1]).toBe('of-a-team');
  });
});
