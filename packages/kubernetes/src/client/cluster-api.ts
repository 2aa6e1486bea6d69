import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  type KubeConfig,
  type Middleware,
  PatchStrategy,
  ServerConfiguration,
  type V1Deployment,
  type V1Pod,
} from '@kubernetes/client-node';
import { EventError } from '@throughline/events';
import { isConflict, isNotFound, toEventError } from './to-event-error.ts';

/** Strimzi's and KEDA's kinds, as far as they are looked at. */
export const KAFKA_TOPICS = { group: 'kafka.strimzi.io', version: 'v1', plural: 'kafkatopics' } as const;
export const KAFKA_USERS = { group: 'kafka.strimzi.io', version: 'v1', plural: 'kafkausers' } as const;
const SCALED_OBJECTS = { group: 'keda.sh', version: 'v1alpha1', plural: 'scaledobjects' } as const;

export type CustomKind = typeof KAFKA_TOPICS | typeof KAFKA_USERS;

/** An object of a custom kind. */
export interface CustomObject {
  readonly metadata?: {
    readonly name?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: unknown;
}

/** What an object is to become: `null` removes. Undefined: it is so already. */
export type Change = { readonly annotations: Readonly<Record<string, string | null>>; readonly replicas?: number } | undefined;

/** Every request that this package makes; each is a verb in the chart's Role. All throw EventErrors. */
export interface ClusterApi {
  deployments(labels: string): Promise<readonly V1Deployment[]>;
  pods(labels: string): Promise<readonly V1Pod[]>;
  /** None where the cluster does not know the kind. */
  customObjects(kind: CustomKind, labels: string): Promise<readonly CustomObject[]>;
  /** Reads, decides and writes, anew when somebody else wrote meanwhile. Resolves with what it is then. */
  changeDeployment(name: string, decide: (present: V1Deployment) => Change): Promise<V1Deployment>;
  /** The same of a KEDA ScaledObject, where there is one. */
  changeScaledObject(name: string, decide: (present: CustomObject) => Change): Promise<void>;
}

export interface ClusterApiOptions {
  readonly config: KubeConfig;
  readonly namespace: string;
  /** For one answer. */
  readonly requestTimeoutMs: number;
}

const CONFLICTS_AT_MOST = 5;

export function createClusterApi({ config, namespace, requestTimeoutMs }: ClusterApiOptions): ClusterApi {
  const server = config.getCurrentCluster()?.server ?? '';
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: config },
    promiseMiddleware: [eachRequest(requestTimeoutMs)],
  });
  const apps = new AppsV1Api(configuration);
  const core = new CoreV1Api(configuration);
  const custom = new CustomObjectsApi(configuration);
  const ask = async <Answer>(request: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await request();
    } catch (error) {
      throw toEventError(error, server);
    }
  };
  return {
    deployments: async (labelSelector) => (await ask(() => apps.listNamespacedDeployment({ namespace, labelSelector }))).items,
    pods: async (labelSelector) => (await ask(() => core.listNamespacedPod({ namespace, labelSelector }))).items,
    customObjects: async (kind, labelSelector) => {
      const list = await ask(() =>
        orUndefined(
          custom.listNamespacedCustomObject({ ...kind, namespace, labelSelector }) as Promise<{ items: CustomObject[] }>,
        ),
      );
      return list?.items ?? [];
    },
    changeDeployment: (name, decide) =>
      ask(() =>
        change({
          read: () => apps.readNamespacedDeployment({ namespace, name }),
          decide,
          write: (body) => apps.patchNamespacedDeployment({ namespace, name, body }),
        }),
      ),
    changeScaledObject: async (name, decide) => {
      const place = { ...SCALED_OBJECTS, namespace, name };
      const read = () => custom.getNamespacedCustomObject(place) as Promise<CustomObject>;
      const write = (body: object) => custom.patchNamespacedCustomObject({ ...place, body }) as Promise<CustomObject>;
      await ask(() => orUndefined(change({ read, decide, write })));
    },
  };
}

/** The client waits for ever by itself, and would send an object as a list of JSON patches. */
function eachRequest(timeoutMs: number): Middleware {
  return {
    pre: async (request) => {
      request.setSignal(AbortSignal.timeout(timeoutMs));
      if (request.getHttpMethod() === 'PATCH') request.setHeaderParam('Content-Type', PatchStrategy.MergePatch);
      return request;
    },
    post: async (response) => response,
  };
}

async function orUndefined<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

interface ChangeSteps<Present> {
  readonly read: () => Promise<Present>;
  readonly decide: (present: Present) => Change;
  readonly write: (patch: object) => Promise<Present>;
}

/** The version in the patch makes the server refuse it when the object is no longer what was decided about. */
async function change<Present extends { readonly metadata?: { readonly resourceVersion?: string } }>({
  read,
  decide,
  write,
}: ChangeSteps<Present>): Promise<Present> {
  for (let conflicts = 0; conflicts < CONFLICTS_AT_MOST; conflicts += 1) {
    const present = await read();
    const wanted = decide(present);
    if (wanted === undefined) return present;
    const { annotations, replicas } = wanted;
    try {
      return await write({
        metadata: { annotations, resourceVersion: present.metadata?.resourceVersion },
        ...(replicas !== undefined && { spec: { replicas } }),
      });
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  throw new EventError('CLUSTER_UNAVAILABLE', 'The object is changed by others again and again.', { retryable: true });
}
