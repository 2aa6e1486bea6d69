import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
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

  it.each(commands(/npm run ([\w:-]+)/g))('%s: npm run %s is a script', (_, script) => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    expect(Object.keys(scripts)).toContain(script);
  });
});
