/** How a deployment of ours is doing. */
export interface Workload {
  /** Name in the chart's `components`, such as `storage-metadata`. */
  readonly component: string;
  /** Name of the Deployment. */
  readonly name: string;
  /** Of its template's first container: what it is to run, not what each pod runs yet. */
  readonly image: string;
  readonly desired: number;
  /** Pods of the present template. */
  readonly updated: number;
  readonly ready: number;
  /** False while the cluster has not looked at the latest change: the other figures are older than it. */
  readonly isObserved: boolean;
  /** Every desired pod is of the present template and ready, and no other is left. */
  readonly isRolledOut: boolean;
  /** Replicas that `start` brings back; undefined unless `stop` stopped it. */
  readonly stoppedReplicas: number | undefined;
  readonly pods: readonly PodState[];
}

/** A pod as it is now. */
export interface PodState {
  readonly name: string;
  readonly image: string;
  readonly isReady: boolean;
  /** Of all its containers, since the pod was made. */
  readonly restarts: number;
  /** How the container that ended last ended; undefined where none did. */
  readonly lastEnd: ContainerEnd | undefined;
  /** Why a container does not run, such as `CrashLoopBackOff` or `ErrImagePull`, or the pod cannot be placed (`Unschedulable`). */
  readonly waitingFor: string | undefined;
}

export interface ContainerEnd {
  readonly container: string;
  /** Kubernetes' word: `OOMKilled`, `Error`, `Completed`. */
  readonly reason: string;
  readonly exitCode: number;
  /** RFC 3339; undefined where the runtime does not say. */
  readonly at: string | undefined;
}

/** A KafkaTopic or KafkaUser, as its operator left it. */
export interface KafkaResource {
  readonly name: string;
  /** Strimzi's Kafka cluster it belongs to. */
  readonly kafkaCluster: string | undefined;
  /** `Ready`, and about the present declaration. */
  readonly isReady: boolean;
  /** False while the operator has not looked at the latest change. */
  readonly isObserved: boolean;
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** RFC 3339. */
  readonly since: string | undefined;
}

export interface ScaleOptions {
  /** How long the pods may take. (Default: 120 000; a service has 30 s to stop, and may take 60 to be ready) */
  readonly deadlineMs?: number;
  /** Gives up waiting; what was asked of the cluster stays asked. */
  readonly signal?: AbortSignal;
}

/** What was done to a component. */
export interface Scaled {
  readonly component: string;
  /** False: it was so already. */
  readonly isChanged: boolean;
  /** Replicas it has (`start`), or gets back with `start` (`stop`). */
  readonly replicas: number;
}

/** An installation of Throughline in one namespace. Each question is asked anew; nothing is watched or kept. */
export interface Cluster {
  readonly namespace: string;
  /** Of the kubeconfig; `inClusterContext` in a pod. */
  readonly context: string;
  /** By component. @throws {EventError} `CLUSTER_UNAVAILABLE`, `CLUSTER_REFUSED` */
  workloads(): Promise<readonly Workload[]>;
  /** By name; none where the cluster knows no Strimzi. @throws like `workloads` */
  topics(): Promise<readonly KafkaResource[]>;
  /** By name; none where the cluster knows no Strimzi. @throws like `workloads` */
  users(): Promise<readonly KafkaResource[]>;
  /**
   * Ends every pod of a component and resolves when none is left. Its replicas are kept in an annotation, which a second stop leaves alone; a KEDA ScaledObject is paused.
   * @throws {EventError} also `COMPONENT_UNKNOWN`, and `ROLLOUT_INCOMPLETE` when pods stay past the deadline: it is to be stopped all the same
   */
  stop(component: string, options?: ScaleOptions): Promise<Scaled>;
  /**
   * Gives a stopped component its replicas back and resolves when all are ready. One that runs is left as it is; one that was scaled to 0 by somebody else gets one.
   * @throws like `stop`
   */
  start(component: string, options?: ScaleOptions): Promise<Scaled>;
}
