/** A rendered object, as far as the tests look at all kinds alike. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the kind's, and the schemas' business
  readonly spec?: any;
  readonly data?: Readonly<Record<string, string>>;
}

/** A container, as far as the tests look at it. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly EnvVariable[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
}

export interface EnvVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

/** Without `items`: every key is a file of its name. */
export interface SecretVolume {
  readonly secretName: string;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly secret?: SecretVolume }[];
}

/** A pod that an object makes, or is. */
export interface Pod {
  readonly name: string;
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** The objects of a kind. */
export function ofKind(objects: readonly KubeObject[], kind: string): readonly KubeObject[] {
  return objects.filter((object) => object.kind === kind);
}

/** Their names, sorted. */
export function namesOf(objects: readonly KubeObject[], kind: string): readonly string[] {
  return ofKind(objects, kind)
    .map(({ metadata }) => metadata.name)
    .sort();
}

/** @throws where there is none, or more than one. */
export function theOne(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = ofKind(objects, kind).filter(({ metadata }) => metadata.name === name);
  if (found.length !== 1) throw new Error(`${found.length} objects are ${kind} ${name}`);
  return found[0] as KubeObject;
}

/** Every pod that comes of the objects. */
export function podsOf(objects: readonly KubeObject[]): readonly Pod[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    if (kind === 'Pod') return [{ name: metadata.name, kind, labels: metadata.labels ?? {}, spec: spec as PodSpec }];
    if (kind !== 'Deployment' && kind !== 'Job') return [];
    const { template } = spec as { template: { metadata: { labels: Record<string, string> }; spec: PodSpec } };
    return [{ name: metadata.name, kind, labels: template.metadata.labels, spec: template.spec }];
  });
}
