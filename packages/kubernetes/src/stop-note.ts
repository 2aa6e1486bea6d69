/** Where a Deployment keeps what it was before it was stopped. */
export const STOP_ANNOTATION = 'throughline.dev/replicas-before-stop';

export interface Stoppable {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly replicas?: number };
}

/** What Kubernetes makes of a Deployment that does not say. */
const DEFAULT_REPLICAS = 1;

/** How many it is to have now. */
export function desiredReplicas({ spec }: Stoppable): number {
  return spec?.replicas ?? DEFAULT_REPLICAS;
}

/** How many it had before it was stopped; undefined where it runs (an upgrade starts it again and leaves the note) or was not stopped by us. */
export function replicasBeforeStop(workload: Stoppable): number | undefined {
  if (desiredReplicas(workload) > 0) return undefined;
  const text = workload.metadata?.annotations?.[STOP_ANNOTATION];
  return text !== undefined && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined;
}
