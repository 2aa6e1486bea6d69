import type { Redis } from 'ioredis';

type Argument = string | number;

/**
 * Registers a Lua script as a command; ioredis sends its hash, and its text again after a flush of scripts. Keys first, then arguments; where `keys` does not say how many
 * keys there are, their number comes before them.
 */
export function defineScript<Result>(
  client: Redis,
  name: string,
  script: { readonly keys?: number; readonly lua: string },
): (...keysAndArguments: Argument[]) => Promise<Result> {
  client.defineCommand(name, { lua: script.lua, ...(script.keys !== undefined && { numberOfKeys: script.keys }) });
  const commands = client as unknown as Record<string, (...keysAndArguments: Argument[]) => Promise<Result>>;
  return async (...keysAndArguments) => {
    const command = commands[name];
    if (command === undefined) throw new Error(`ioredis did not define the script ${name}.`);
    return command.apply(client, keysAndArguments);
  };
}
