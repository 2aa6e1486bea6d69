export type { Cluster, Condition, ContainerEnd, KafkaResource, PodState, Scaled, ScaleOptions, Workload } from './cluster.ts';
export { type ClusterOptions, openCluster } from './open-cluster.ts';
