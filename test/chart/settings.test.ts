import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Container, KubeObject } from './kube-object.ts';
import { podsOf } from './kube-object.ts';
import { renderChart } from './render-chart.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The container's variables as the process sees them; what comes from a secret is made up, and `$(NAME)` is what Kubernetes puts there. */
function environmentOf({ env = [] }: Container): NodeJS.ProcessEnv {
  const secretOf = (name: string) =>
    name.endsWith('_URL') ? 'postgres://somebody:secret@stores.example.com/it' : 'c2VjcmV0'.repeat(8);
  const seen: Record<string, string> = {};
  for (const { name, value, valueFrom } of env) {
    seen[name] =
      valueFrom === undefined
        ? (value ?? '').replaceAll(/\$\((\w+)\)/g, (_, other: string) => seen[other] ?? '')
        : secretOf(name);
  }
  return seen;
}

/** Reads a service's settings as its main file does. */
async function settingsReaderOf(entry: string): Promise<(env: NodeJS.ProcessEnv) => unknown> {
  const module = (await import(pathToFileURL(join(ROOT, dirname(entry), 'config.ts')).href)) as Record<string, unknown>;
  const reader = Object.entries(module).find(([name]) => /^read\w*Config$/.test(name))?.[1];
  if (typeof reader !== 'function') throw new Error(`${entry}: config.ts has no function read…Config`);
  return reader as (env: NodeJS.ProcessEnv) => unknown;
}

const entries = globSync('services/**/src/main.ts', { cwd: ROOT, exclude: ['**/node_modules/**'] });

describe('the settings that a service gets from the chart', () => {
  let dev: readonly KubeObject[];
  let external: readonly KubeObject[];

  beforeAll(async () => {
    dev = await renderChart();
    external = await renderChart({
      values: {
        postgresql: { dev: { enabled: false }, existingSecret: 'stores' },
        redis: { dev: { enabled: false }, existingSecret: 'stores' },
      },
    });
  });

  const containerOf = (objects: readonly KubeObject[], entry: string) => {
    const container = podsOf(objects)
      .flatMap(({ spec }) => spec.containers)
      .find(({ args }) => args?.[0] === entry);
    if (container === undefined) throw new Error(`nothing runs ${entry}`);
    return container;
  };

  it.each(entries)('%s takes as they are, with stores of the chart', async (entry) => {
    const read = await settingsReaderOf(entry);
    expect(() => read(environmentOf(containerOf(dev, entry)))).not.toThrow();
  });

  it.each(entries)('%s takes as they are, with external stores', async (entry) => {
    const read = await settingsReaderOf(entry);
    expect(() => read(environmentOf(containerOf(external, entry)))).not.toThrow();
  });

  it('let a first start wait until the images of the stores are there', () => {
    for (const entry of entries) expect(environmentOf(containerOf(dev, entry)).START_DEADLINE_MS).toBe('300000');
  });

  it('say every variable once, and none without a value', () => {
    for (const { name, env = [] } of podsOf(dev).flatMap(({ spec }) => spec.containers)) {
      const names = env.map((variable) => variable.name);
      expect([name, names]).toEqual([name, [...new Set(names)]]);
      expect(env.filter(({ value, valueFrom }) => value === '' || (value === undefined && valueFrom === undefined))).toEqual([]);
    }
  });

  it('trust an authority of one’s own, whose certificate is there to read', async () => {
    const objects = await renderChart({ values: { defaults: { caSecret: 'our-ca' }, components: { edge: { caSecret: '' } } } });
    const services = podsOf(objects).filter(({ spec }) => spec.containers[0]?.args?.[0]?.startsWith('services/'));
    expect(services).toHaveLength(entries.length);
    for (const { name, spec } of services) {
      const [container] = spec.containers;
      const file = container?.env?.find((variable) => variable.name === 'NODE_EXTRA_CA_CERTS')?.value;
      const mount = container?.volumeMounts?.find(({ mountPath }) => file?.startsWith(`${mountPath}/`));
      const source = spec.volumes?.find((volume) => volume.name === mount?.name)?.secret?.secretName;
      expect([name, file?.endsWith('/ca.crt'), source]).toEqual(
        name === 'throughline-edge' ? [name, undefined, undefined] : [name, true, 'our-ca'],
      );
    }
    expect(JSON.stringify(dev)).not.toContain('NODE_EXTRA_CA_CERTS');
  });

  it('have traces sampled where there is a collector, and nothing about them where there is none', async () => {
    const traced = environmentOf(
      containerOf(
        await renderChart({ values: { tracing: { endpoint: 'http://collector:4318' } } }),
        'services/console/src/main.ts',
      ),
    );
    expect(traced).toEqual(
      expect.objectContaining({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
        OTEL_SERVICE_NAME: 'console',
        OTEL_TRACES_SAMPLER_ARG: '0.1',
      }),
    );
    expect(
      Object.keys(environmentOf(containerOf(dev, 'services/console/src/main.ts'))).filter((name) => name.startsWith('OTEL')),
    ).toEqual([]);
  });
});
