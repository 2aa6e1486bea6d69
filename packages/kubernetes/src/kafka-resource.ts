import type { CustomObject } from './client/cluster-api.ts';
import type { Condition, KafkaResource } from './cluster.ts';

/** What Strimzi's operators write. */
interface StrimziStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly StrimziCondition[];
}

interface StrimziCondition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** A refusal is `Ready: False` of a topic and `NotReady: True` of a user; before an operator looked there is no status. */
export function kafkaResourceOf({ metadata, status }: CustomObject): KafkaResource {
  const { observedGeneration = 0, conditions = [] } = (status ?? {}) as StrimziStatus;
  const isObserved = observedGeneration >= (metadata?.generation ?? 0);
  return {
    name: metadata?.name ?? '',
    kafkaCluster: metadata?.labels?.['strimzi.io/cluster'],
    isReady: isObserved && conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    isObserved,
    conditions: conditions.map(conditionOf),
  };
}

function conditionOf({ type = '', status = '', reason, message, lastTransitionTime }: StrimziCondition): Condition {
  return { type, status, reason, message, since: lastTransitionTime };
}
