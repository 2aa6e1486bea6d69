import { join } from 'node:path';
import { runCommand } from '../stack/run-command.ts';

const BUILT_IMAGE = 'throughline/throughline:cluster-test';
const TIMEOUT_MS = 900_000;

/**
 * Builds the image and brings it to the nodes of the kube context: kind and minikube have words for that, and a builder of one's own (IMAGE_BUILD) does it itself.
 * @returns its name. @throws {Error} where nobody knows how to bring it there
 */
export async function provideImage(options: { root: string; context: string; signal: AbortSignal }): Promise<string> {
  const { root, context, signal } = options;
  const bring = loaderOf(context);
  const run = (command: string, args: readonly string[]) => runCommand({ command, args, timeoutMs: TIMEOUT_MS, signal });
  await run(join(root, 'scripts', 'image'), [BUILT_IMAGE]);
  if (bring !== undefined) await run(bring[0], bring.slice(1));
  return BUILT_IMAGE;
}

function loaderOf(context: string): readonly [string, ...string[]] | undefined {
  if (process.env.IMAGE_BUILD) return undefined;
  if (context.startsWith('kind-')) return ['kind', 'load', 'docker-image', BUILT_IMAGE, '--name', context.slice('kind-'.length)];
  if (context === 'minikube' || context === 'throughline') return ['minikube', '-p', context, 'image', 'load', BUILT_IMAGE];
  throw new Error(
    `how does an image get to the nodes of ${context}? Give --image with one that they can pull, or a builder that brings it there in IMAGE_BUILD`,
  );
}
