import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { type CustomResourceDefinition, customResourceSchemas, kubernetesSchemas } from './chart/json-schemas.ts';

const FOLDER = join(import.meta.dirname, '..', 'test', 'chart', 'schemas');

/** Of Kubernetes' own, what the chart and the manifests have. */
const KINDS = [
  'v1 ConfigMap',
  'v1 Namespace',
  'v1 PersistentVolumeClaim',
  'v1 Pod',
  'v1 Secret',
  'v1 Service',
  'v1 ServiceAccount',
  'apps/v1 Deployment',
  'autoscaling/v2 HorizontalPodAutoscaler',
  'batch/v1 Job',
  'networking.k8s.io/v1 Ingress',
  'networking.k8s.io/v1 NetworkPolicy',
  'policy/v1 PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1 Role',
  'rbac.authorization.k8s.io/v1 RoleBinding',
];

const HELP = `node scripts/generate-schemas.ts <file> …

Writes test/chart/schemas, which tests hold the rendered chart against, from files of these projects (test/chart/schemas/README.md says which and where from):
Kubernetes' swagger.json, and CustomResourceDefinitions as YAML.
`;

const { positionals, values } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean' } } });
if (values.help || positionals.length === 0) process.stdout.write(HELP);
for (const path of positionals) {
  for (const [name, schema] of schemasOf(path)) {
    writeFileSync(join(FOLDER, name), `${JSON.stringify(schema)}\n`);
    console.log(name);
  }
}

function schemasOf(path: string): ReadonlyMap<string, unknown> {
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('.json')) return kubernetesSchemas(JSON.parse(text), KINDS);
  const definitions = parseAllDocuments(text).map((document) => document.toJS() as CustomResourceDefinition | null);
  return new Map(definitions.flatMap((definition) => (definition === null ? [] : [...customResourceSchemas(definition)])));
}
