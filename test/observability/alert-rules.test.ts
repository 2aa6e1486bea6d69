import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { unknownIn } from './metric-labels.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}

const { groups } = parse(read('observability/prometheus/rules.yaml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules).map((rule) => [rule.alert, rule] as const);

describe('the alert', () => {
  it.each(rules)('%s asks for metrics that exist, with labels they have', (_, { expr }) => {
    expect(unknownIn(expr)).toEqual([]);
  });

  it.each(rules)('%s names a runbook that is there', (_, { annotations: { runbook } }) => {
    const [file = '', anchor = ''] = runbook.split('#');
    const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
    const anchors = headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors).toContain(anchor);
  });

  it.each(rules)('%s is tried by a test', (alert) => {
    expect(read('observability/prometheus/rules-test.yaml')).toContain(`alertname: ${alert}\n`);
  });
});
