import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComponentName } from './component.ts';
import { createPortFinder } from './ports.ts';

/** What the stack needs a port for. */
export type PortName = ComponentName | 'kafkaController';

const USUAL_PORTS: Readonly<Record<PortName, number>> = { kafka: 9092, kafkaController: 9093, postgres: 5432, redis: 6379 };

/** Chooses ports and remembers them, so that the next start is found at the same addresses. */
export function portChooser(dataDir: string, wished: Partial<Record<PortName, number>>): (name: PortName) => Promise<number> {
  const file = join(dataDir, 'ports.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<PortName, number>>) : {};
  const findPort = createPortFinder();
  return async (name) => {
    const candidates = wished[name] === undefined ? [kept[name], USUAL_PORTS[name]] : [wished[name] || kept[name]];
    const port = await findPort(candidates.filter((candidate) => candidate !== undefined));
    kept[name] = port;
    writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
    return port;
  };
}
