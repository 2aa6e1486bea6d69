import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { dependencyRules } from './dependency-rules.ts';

/** Prints every import that goes against the rules; returns how many there are. */
async function checkDependencies(root: string): Promise<number> {
  const folders = ['packages', 'services', 'scripts', 'test'].filter((folder) => existsSync(join(root, folder)));
  const { output } = await cruise(
    folders,
    {
      baseDir: root,
      ruleSet: dependencyRules,
      validate: true,
      outputType: 'json',
      // TypeScript 7 has no API a parser could use yet; swc's tree tells imports of types apart as well.
      parser: 'swc',
      moduleSystems: ['es6', 'cjs'],
      doNotFollow: { path: ['node_modules'] },
    },
    {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
    },
  );
  const { summary } = JSON.parse(String(output)) as ICruiseResult;
  if (summary.totalDependenciesCruised === 0) throw new Error(`no imports found below ${root}`);
  const commentOf = new Map(dependencyRules.forbidden?.map(({ name, comment }) => [name, comment]));
  for (const { rule, from, to, cycle } of summary.violations) {
    const comment = commentOf.get(rule.name);
    const way = [from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' → ');
    console.log(`${rule.name}: ${way}${comment === undefined ? '' : ` (${comment})`}`);
  }
  return summary.violations.length;
}

const violations = await checkDependencies(resolve(process.argv[2] ?? '.'));
process.exitCode = violations === 0 ? 0 : 1;
