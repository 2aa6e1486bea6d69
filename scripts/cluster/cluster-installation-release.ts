import { CommandFailedError } from '../installation/run-with-input.ts';

/** kubectl in the release's namespace; gives what it printed. */
export type Kubectl = (args: readonly string[]) => Promise<string>;

/** A component of a release, as its Deployment says. */
export interface ReleaseComponent {
  readonly deployment: string;
  /** Where the operators' token is. */
  readonly operationsToken: { readonly secret: string; readonly key: string } | undefined;
}

interface Variable {
  readonly name: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

interface Deployment {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly env?: readonly Variable[] }[] } };
  };
}

/** The components of a release by their names. @throws {Error} when the cluster does not answer, or has no such namespace or release */
export async function findRelease(options: {
  readonly namespace: string;
  readonly release: string;
  readonly kubectl: Kubectl;
}): Promise<ReadonlyMap<string, ReleaseComponent>> {
  const { namespace, release, kubectl } = options;
  const selector = `app.kubernetes.io/instance=${release},app.kubernetes.io/part-of=throughline`;
  const found = await kubectl(['get', 'deployments', '--selector', selector, '--output', 'json']).catch(sayWhy);
  const { items } = JSON.parse(found) as { items: readonly Deployment[] };
  if (items.length === 0) {
    if (await isMissing(kubectl, namespace))
      throw new Error(`there is no namespace ${namespace} in the cluster of the present kube context`);
    throw new Error(
      `there is no release ${release} in namespace ${namespace}: helm list --namespace ${namespace} tells which there are`,
    );
  }
  return new Map(items.map((deployment) => [componentOf(deployment), describe(deployment)]));
}

function componentOf({ metadata }: Deployment): string {
  return metadata.labels?.['app.kubernetes.io/component'] ?? metadata.name;
}

function describe({ metadata, spec }: Deployment): ReleaseComponent {
  const variables = spec.template.spec.containers.flatMap(({ env }) => env ?? []);
  const source = variables.find(({ name }) => name === 'OPERATIONS_TOKEN')?.valueFrom?.secretKeyRef;
  return {
    deployment: metadata.name,
    operationsToken: source === undefined ? undefined : { secret: source.name, key: source.key },
  };
}

/** Where somebody may not look at namespaces, it counts as there. */
async function isMissing(kubectl: Kubectl, namespace: string): Promise<boolean> {
  try {
    await kubectl(['get', 'namespace', namespace]);
    return false;
  } catch (error) {
    return error instanceof CommandFailedError && error.said.includes('NotFound');
  }
}

function sayWhy(error: unknown): never {
  if (!(error instanceof CommandFailedError)) throw error;
  throw new Error(`kubectl cannot ask the cluster of the present kube context: ${error.said.split('\n').at(-1)}`, {
    cause: error,
  });
}
