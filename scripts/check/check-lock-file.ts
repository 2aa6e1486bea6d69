import { readFileSync, writeFileSync } from 'node:fs';

/** What of a lock file's entry matters here. */
interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

interface LockFile {
  packages: Record<string, LockEntry>;
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
const LIBRARIES: Readonly<Record<string, string>> = { gnu: 'glibc', musl: 'musl' };

/** The entry of a program built for one platform, which its name tells: `core-linux-x64-gnu`. */
function platformEntry(name: string, version: string, isDev: boolean): LockEntry {
  const words = name.split(/[-/]/);
  const library = words.map((word) => LIBRARIES[word]).find((word) => word !== undefined);
  return {
    // Packages built for a platform are asked for in one exact version; a range would not do in a lock file.
    version: version.replace(/^[\^~=]+/, ''),
    cpu: words.filter((word) => PROCESSORS.includes(word)),
    ...(isDev ? { dev: true } : {}),
    ...(library === undefined ? {} : { libc: [library] }),
    optional: true,
    os: words.filter((word) => SYSTEMS.includes(word)),
  };
}

/** Whether an entry's dependency is found where Node would look for it: beside it or further up. */
function isLocked({ packages }: LockFile, dependent: string, name: string): boolean {
  for (let folder = dependent; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const prefix = folder === '' ? '' : `${folder}/`;
    if (packages[`${prefix}node_modules/${name}`] !== undefined) return true;
    if (!folder.includes('/node_modules/')) return packages[`node_modules/${name}`] !== undefined;
  }
}

/** Entries that npm leaves out for platforms other than that of the machine it ran on; `npm ci` refuses such a file. */
function missingEntries(lock: LockFile): Map<string, LockEntry> {
  const missing = new Map<string, LockEntry>();
  for (const [dependent, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(lock, dependent, name)) continue;
      missing.set(`node_modules/${name}`, platformEntry(name, version, entry.dev === true));
    }
  }
  return missing;
}

function withEntries(lock: LockFile, entries: ReadonlyMap<string, LockEntry>): LockFile {
  const all = Object.entries({ ...lock.packages, ...Object.fromEntries(entries) });
  return { ...lock, packages: Object.fromEntries(all.sort(([one], [other]) => one.localeCompare(other, 'en'))) };
}

const file = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8')) as LockFile;
const missing = missingEntries(lock);
if (process.argv.includes('--write')) {
  if (missing.size > 0) writeFileSync(file, `${JSON.stringify(withEntries(lock, missing), null, 2)}\n`);
} else if (missing.size > 0) {
  console.log(`${file} lacks ${missing.size} packages of other platforms, and npm ci would refuse it: npm run fix adds them`);
  for (const key of missing.keys()) console.log(`  ${key}`);
  process.exitCode = 1;
}
