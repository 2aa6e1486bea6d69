import { missingTool } from '../../scripts/tools/find-tool.ts';
import type { Tool } from '../../scripts/tools/tools.ts';

/** The path that whoever runs the tests gave for a tool. @throws naming the tool where it gave none. */
export function toolPath(tool: Tool): string {
  const path = process.env[tool.variable];
  if (path === undefined) throw new Error(`${missingTool(tool)} (npm run test:chart does that)`);
  return path;
}

/** `describe` where the tools are there; else one skipped test that names what is missing. */
export function describeWith(tools: readonly Tool[], name: string, tests: () => void): void {
  const missing = tools.filter(({ variable }) => process.env[variable] === undefined);
  if (missing.length === 0) describe(name, tests);
  else
    describe(name, () =>
      it.skip(`not tested: ${missing.map(({ title }) => title).join(' and ')} missing; npm run test:chart`, () => {}),
    );
}
