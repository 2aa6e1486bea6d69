import type { Change, CustomObject } from './client/cluster-api.ts';

/** KEDA's: replicas stay as they are. */
const PAUSED = 'autoscaling.keda.sh/paused';
/** Tells our pause from somebody else's, which is not ours to end. */
const PAUSED_BY_STOP = 'throughline.dev/paused-by-stop';

/** KEDA would start again what has lag; a HorizontalPodAutoscaler leaves alone what has no replicas. */
export function pauseScaler({ metadata }: CustomObject): Change {
  if (metadata?.annotations?.[PAUSED] !== undefined) return undefined;
  return { annotations: { [PAUSED]: 'true', [PAUSED_BY_STOP]: 'true' } };
}

export function resumeScaler({ metadata }: CustomObject): Change {
  if (metadata?.annotations?.[PAUSED_BY_STOP] === undefined) return undefined;
  return { annotations: { [PAUSED]: null, [PAUSED_BY_STOP]: null } };
}
