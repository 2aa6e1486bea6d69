import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrometheusClient, type PrometheusClient } from '../../scripts/dashboards/prometheus-client.ts';
import { startNativeProcess } from '../../scripts/stack/native-process.ts';
import { createPortFinder, LOOPBACK } from '../../scripts/stack/ports.ts';
import { findPrometheus } from '../../scripts/stack/prometheus.ts';

/** A Prometheus of a test's own. */
export interface Prometheus extends PrometheusClient {
  readonly url: string;
  stop(): Promise<void>;
}

/** Scrapes the jobs' addresses (`host:port`) once a second and keeps everything in a folder that goes with it. */
export async function startPrometheus(jobs: Readonly<Record<string, string>>): Promise<Prometheus> {
  const command = await findPrometheus({ progress: () => undefined });
  const folder = mkdtempSync(join(tmpdir(), 'throughline-prometheus-'));
  const port = await createPortFinder()([]);
  const configFile = join(folder, 'prometheus.json');
  mkdirSync(join(folder, 'data'));
  // YAML is a superset of JSON.
  writeFileSync(configFile, JSON.stringify(configuration(jobs)));
  const url = `http://${LOOPBACK}:${port}`;
  const child = await startNativeProcess({
    name: 'prometheus',
    command,
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${LOOPBACK}:${port}`,
    ],
    logFile: join(folder, 'prometheus.log'),
    pidFile: join(folder, 'prometheus.pid'),
  });
  const stop = async () => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await child.waitUntilReady({ probe: async () => (await fetch(`${url}/-/ready`)).ok, timeoutMs: 15_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, ...createPrometheusClient(url), stop };
}

function configuration(jobs: Readonly<Record<string, string>>): unknown {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: Object.entries(jobs).map(([name, address]) => ({
      job_name: name,
      static_configs: [{ targets: [address] }],
    })),
  };
}
