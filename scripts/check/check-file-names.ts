import { readdirSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';

/** Names that say nothing about what is inside, so everything ends up there. */
const BANNED = ['utils', 'util', 'helpers', 'helper', 'common', 'shared', 'misc', 'lib', 'manager', 'base'];
const SKIPPED = ['node_modules', '.throughline', '.git', 'coverage'];
const FOLDERS = ['packages', 'services', 'scripts', 'test', 'contracts'];

/** Whether a file's or folder's name is banned, alone or as its last word: `utils.ts`, `retry-utils.ts`, `lib/`. */
function isBanned(name: string): boolean {
  const [stem = ''] = basename(name).split('.');
  return BANNED.some((word) => stem === word || stem.endsWith(`-${word}`));
}

function bannedBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.includes(entry.name)) return [];
    const path = join(folder, entry.name);
    const own = isBanned(entry.name) ? [path] : [];
    return entry.isDirectory() ? [...own, ...bannedBelow(path)] : own;
  });
}

const root = resolve(process.argv[2] ?? '.');
const present = new Set(readdirSync(root));
const banned = FOLDERS.filter((folder) => present.has(folder)).flatMap((folder) => bannedBelow(join(root, folder)));
for (const path of banned) console.log(`${relative(root, path)}: name it for what it holds (banned: ${BANNED.join(', ')})`);
process.exitCode = banned.length === 0 ? 0 : 1;
