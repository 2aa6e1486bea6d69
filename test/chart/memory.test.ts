import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { tryCommand } from '../../scripts/stack/run-command.ts';
import { type Container, type Pod, podsOf } from './kube-object.ts';
import { renderChart } from './render-chart.ts';

const MI = 2 ** 20;
const DOCKERFILE = join(import.meta.dirname, '..', '..', 'Dockerfile');
const HEAP_SHARE = 0.65;

function limitOf({ resources }: Container): number {
  const [, count, unit] = /^(\d+)(Mi|Gi)$/.exec(resources?.limits?.memory ?? '') ?? [];
  return Number(count) * (unit === 'Gi' ? 1024 : 1) * MI;
}

describe('the memory of a pod', () => {
  let pods: readonly Pod[];

  beforeAll(async () => {
    pods = podsOf(await renderChart());
  });

  it('is the heap for a share of its limit, whatever that is', async () => {
    const [, entrypoint = ''] = /^ENTRYPOINT (.*)$/m.exec(readFileSync(DOCKERFILE, 'utf8')) ?? [];
    const options = (JSON.parse(entrypoint) as string[]).filter((word) => word.startsWith('--max'));
    const code = 'console.log(v8.getHeapStatistics().heap_size_limit)';
    const { output } = await tryCommand({ command: process.execPath, args: [...options, '-e', code], env: {} });
    const available = Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
    // The young generation comes on top.
    expect(Number(output) - HEAP_SHARE * available).toBeGreaterThan(-MI);
    expect(Number(output) - HEAP_SHARE * available).toBeLessThan(32 * MI);
  });

  it('has room beside the heap, for buffers and threads', () => {
    const containers = pods.flatMap(({ spec }) => spec.containers).filter(({ image }) => image.startsWith('throughline/'));
    expect(containers.length).toBeGreaterThan(8);
    for (const container of containers)
      expect([container.name, (1 - HEAP_SHARE) * limitOf(container) >= 128 * MI]).toEqual([container.name, true]);
  });

  it('of Redis suffices for all it may hold, twice, while it rewrites its file', () => {
    const [redis] = pods.find(({ name }) => name === 'throughline-redis')?.spec.containers ?? [];
    const [, maximum] = /--maxmemory (\d+)mb/.exec(redis?.args?.join(' ') ?? '') ?? [];
    expect(2 * Number(maximum) * MI).toBeLessThan(0.9 * limitOf(redis as Container));
  });
});
