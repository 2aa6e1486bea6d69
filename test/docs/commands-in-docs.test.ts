import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFakeTerminal } from '../../packages/cli/src/fake-operations.fixture.ts';
import { runCli } from '../../packages/cli/src/run-cli.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'packages/cli/README.md',
  'services/console/README.md',
  ...globSync('docs/**/*.md', { cwd: ROOT }),
];
const TESTS = globSync('{packages,services,scripts,contracts,test}/**/*.test.ts', { cwd: ROOT, exclude: ['**/node_modules/**'] });

function commands(pattern: RegExp): [page: string, argument: string][] {
  return PAGES.flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(pattern)].map((match): [string, string] => [page, match[1] ?? '']),
  );
}

describe('what the documents tell to run', () => {
  it.each(commands(/npm test -- ([\w/.-]+)/g))('%s: npm test -- %s has tests to run', (_, pattern) => {
    expect(TESTS.some((file) => file.includes(pattern))).toBe(true);
  });

  it.each(commands(/npx throughline ([a-z][^\n`]*)/g))('%s: npx throughline %s is a verb with these options', async (_, line) => {
    const words = line.replace(/ +#.*$/, '').split(' ');
    const verb = words.slice(0, words[0] === 'journey' ? 1 : 2).join(' ');
    const terminal = createFakeTerminal();
    expect(await runCli([...verb.split(' '), '--help'], terminal)).toBe(0);
    expect(terminal.written.out).toContain(`Usage: throughline ${verb} `);
    for (const option of words.filter((word) => word.startsWith('--'))) expect(terminal.written.out).toContain(option);
  });

  it.each(commands(/npm run ([\w:-]+)/g))('%s: npm run %s is a script', (_, script) => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    expect(Object.keys(scripts)).toContain(script);
  });
});
