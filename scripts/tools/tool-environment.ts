import { type FindToolOptions, findTool, presentTool } from './find-tool.ts';
import type { Tool } from './tools.ts';

/**
 * The variables that tell tests where the tools are, all of which are built where they are missing.
 * @throws {StackError} see findTool.
 */
export async function toolEnvironment(tools: readonly Tool[], options: FindToolOptions): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  // One after the other: a build takes every processor there is.
  for (const tool of tools) variables[tool.variable] = await findTool(tool, options);
  return variables;
}

/** The same for the tools that are there already; the others are left out. */
export async function presentToolEnvironment(tools: readonly Tool[], folder?: string): Promise<Record<string, string>> {
  const found = await Promise.all(tools.map(async (tool) => [tool.variable, await presentTool(tool, folder)] as const));
  return Object.fromEntries(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}
