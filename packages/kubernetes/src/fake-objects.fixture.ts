/** An object as the API server has it. */
export interface FakeObject {
  metadata: {
    name: string;
    namespace?: string;
    generation?: number;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
  };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own
  spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own
  status?: any;
}

const IMAGE = 'docker.io/throughline/throughline:0.1.0';
const READY_AT = '2026-01-06T10:00:09Z';

export function labelsOf(component: string, release = 'throughline'): Record<string, string> {
  return {
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/instance': release,
    'app.kubernetes.io/managed-by': 'Helm',
    'app.kubernetes.io/part-of': 'throughline',
  };
}

/** A deployment of the chart that is rolled out. */
export function deployment(component: string, options: { replicas?: number; release?: string } = {}): FakeObject {
  const { replicas = 1, release = 'throughline' } = options;
  const labels = labelsOf(component, release);
  const selector = {
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/instance': release,
  };
  return {
    metadata: {
      name: `${release}-${component}`,
      generation: 1,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': '1' },
    },
    spec: {
      replicas,
      selector: { matchLabels: selector },
      template: { metadata: { labels }, spec: { containers: [{ name: component, image: IMAGE }] } },
    },
    // Kubernetes leaves out what is 0.
    status: { observedGeneration: 1, ...(replicas > 0 && { replicas, updatedReplicas: replicas, readyReplicas: replicas }) },
  };
}

export function pod(component: string, suffix: string, options: { isReady?: boolean; release?: string } = {}): FakeObject {
  const { isReady = true, release = 'throughline' } = options;
  return {
    metadata: { name: `${release}-${component}-${suffix}`, labels: labelsOf(component, release) },
    spec: { containers: [{ name: component, image: IMAGE }] },
    status: {
      phase: 'Running',
      conditions: [
        { type: 'PodScheduled', status: 'True', lastTransitionTime: READY_AT },
        { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: READY_AT },
      ],
      containerStatuses: [
        {
          name: component,
          image: IMAGE,
          imageID: 'sha256:1',
          ready: isReady,
          restartCount: 0,
          lastState: {},
          state: { running: { startedAt: READY_AT } },
        },
      ],
    },
  };
}

/** As Strimzi's operators leave one that is as it was declared. */
export function readyTopic(name: string): FakeObject {
  return {
    metadata: { name, generation: 1, labels: { ...labelsOf('x'), 'strimzi.io/cluster': 'throughline' } },
    spec: { partitions: 6, replicas: 1 },
    status: {
      observedGeneration: 1,
      topicName: name,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: READY_AT }],
    },
  };
}
