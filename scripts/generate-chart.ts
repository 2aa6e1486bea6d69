import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { GENERATED_FOLDERS, generatedFiles } from './chart/generated-files.ts';

const ROOT = join(import.meta.dirname, '..');

const HELP = `node scripts/generate-chart.ts [options]

Writes what the chart has from elsewhere: topics, users and rights from src/topics.ts of each service, the dashboards, the table of values in its README.

  --check  writes nothing; names what is not up to date, and ends with 1
  --help   this text
`;

const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } });
if (values.help) process.stdout.write(HELP);
else {
  const files = await generatedFiles(ROOT);
  const stale = [
    ...[...files].filter(([path, text]) => !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), 'utf8') !== text),
    ...presentFiles().flatMap((path) => (files.has(path) ? [] : [[path, undefined] as const])),
  ];
  for (const [path, text] of stale) {
    console.log(path);
    if (values.check) process.exitCode = 1;
    else write(path, text);
  }
  if (values.check && stale.length > 0)
    console.log('The chart differs from what it is made of: run node scripts/generate-chart.ts');
}

function presentFiles(): readonly string[] {
  const folders = GENERATED_FOLDERS.filter((folder) => existsSync(join(ROOT, folder)));
  return folders.flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`));
}

/** Without a text: the file goes. */
function write(path: string, text: string | undefined): void {
  const full = join(ROOT, path);
  mkdirSync(dirname(full), { recursive: true });
  if (text === undefined) rmSync(full);
  else writeFileSync(full, text);
}
