import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ComponentContext, type ComponentKind, type ComponentName, canUseImage } from './component.ts';
import { writePrivateFile } from './secrets.ts';
import { StackError } from './stack-error.ts';

/** What each part of a data directory was at its first start. The data is there and nowhere else. */
export interface KnownKinds {
  of(name: ComponentName): ComponentKind | undefined;
  remember(name: ComponentName, kind: ComponentKind): void;
}

/** Redis holds nothing that could be missed. */
const KEEPS_DATA: Readonly<Record<ComponentName, boolean>> = { kafka: true, postgres: true, redis: false };

/** Opens the note of kinds that lies beside the ports; a reset deletes it. */
export function openKinds(dataDir: string): KnownKinds {
  const file = join(dataDir, 'components.json');
  const kinds = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<ComponentName, ComponentKind>>) : {};
  return {
    of: (name) => kinds[name],
    remember(name, kind) {
      if (kinds[name] === kind) return;
      kinds[name] = kind;
      writePrivateFile(file, `${JSON.stringify(kinds, null, 2)}\n`);
    },
  };
}

/**
 * Chooses what a part is to be: what it was before, else given by its address, else in Docker, else a process.
 * @throws {StackError} COMPONENT_MOVED when that would part the data directory from the data it belongs to.
 */
export async function chooseKind(options: {
  name: ComponentName;
  /** The environment variable for an address. */
  variable: string;
  image: string;
  kinds: KnownKinds;
  context: Pick<ComponentContext, 'givenAddress' | 'progress' | 'signal'>;
}): Promise<ComponentKind> {
  const { name, variable, image, kinds, context } = options;
  const former = KEEPS_DATA[name] ? kinds.of(name) : undefined;
  if (context.givenAddress !== undefined) {
    if (former === undefined || former === 'given') return 'given';
    const where = former === 'docker' ? 'Docker' : 'a process of this stack';
    throw moved(name, `its data is that of ${where}, but ${variable} names another one. Unset ${variable}`);
  }
  if (former === 'given') throw moved(name, `its data is at the address in ${variable}, which is not set. Set it`);
  if (former === 'native') return 'native';
  if (await canUseImage(name, image, context)) return 'docker';
  if (former === 'docker') throw moved(name, `its data is in Docker, which does not answer or has no ${image}. Start Docker`);
  return 'native';
}

function moved(name: ComponentName, reason: string): StackError {
  return new StackError('COMPONENT_MOVED', `${name}: ${reason}, or use another data directory (npm start -- --data-dir <path>)`);
}
