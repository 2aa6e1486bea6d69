import { type ClusterApi, type CustomKind, createClusterApi, KAFKA_TOPICS, KAFKA_USERS } from './client/cluster-api.ts';
import { loadConfig } from './client/load-config.ts';
import type { Cluster, KafkaResource } from './cluster.ts';
import { kafkaResourceOf } from './kafka-resource.ts';
import { selectorOf } from './labels.ts';
import { readWorkloads } from './read-workloads.ts';
import { startComponent, stopComponent } from './scale-component.ts';

export interface ClusterOptions {
  /** (Default: the context's or the pod's, else `throughline`) */
  readonly namespace?: string;
  /** Of the kubeconfig. (Default: the current one) */
  readonly context?: string;
  /** Helm release, where a namespace has several. (Default: all) */
  readonly release?: string;
  /** Paths like $KUBECONFIG's. (Default: $KUBECONFIG, else ~/.kube/config, else the service account of the pod this runs in) */
  readonly kubeconfig?: string;
  /** For one answer of the API server. (Default: 10 000) */
  readonly requestTimeoutMs?: number;
  /** How often is looked while something is waited for. (Default: 500) */
  readonly pollMs?: number;
}

const DEFAULT_NAMESPACE = 'throughline';

/**
 * Finds the cluster and how to ask it; asks nothing yet.
 * @throws {EventError} `CLUSTER_UNAVAILABLE` outside a cluster without a kubeconfig, or when it has not the context
 */
export function openCluster(options: ClusterOptions = {}): Cluster {
  const { release, requestTimeoutMs = 10_000, pollMs = 500 } = options;
  const config = loadConfig({ kubeconfig: options.kubeconfig, context: options.context });
  const context = config.getCurrentContext();
  const namespace = options.namespace ?? config.getContextObject(context)?.namespace ?? DEFAULT_NAMESPACE;
  const api = createClusterApi({ config, namespace, requestTimeoutMs });
  return {
    namespace,
    context,
    workloads: () => readWorkloads(api, release),
    topics: () => kafkaResources(api, KAFKA_TOPICS, release),
    users: () => kafkaResources(api, KAFKA_USERS, release),
    stop: (component, scale) => stopComponent({ api, release, component, pollMs, ...scale }),
    start: (component, scale) => startComponent({ api, release, component, pollMs, ...scale }),
  };
}

async function kafkaResources(api: ClusterApi, kind: CustomKind, release: string | undefined): Promise<readonly KafkaResource[]> {
  const objects = await api.customObjects(kind, selectorOf(release));
  return objects.map(kafkaResourceOf).sort((left, right) => (left.name < right.name ? -1 : 1));
}
