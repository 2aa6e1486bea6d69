/** A node of an OpenAPI schema, as far as it is changed here. */
type Node = Readonly<Record<string, unknown>>;

/** A CustomResourceDefinition, as far as it is read here. */
export interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: Node };
    }[];
  };
}

/** The file that Kubernetes' own definitions are in. */
export const DEFINITIONS_FILE = 'definitions.json';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const REF_PREFIX = '#/definitions/';

/** Both are written as a string or as a number, which the schema does not say. */
const STRING_OR_NUMBER = { type: ['string', 'number'] };
const NUMBERS_TOO: readonly string[] = [
  'io.k8s.apimachinery.pkg.api.resource.Quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
];

/** The name of the file of a kind, as kubeconform asks for it: `ingress-networking-v1.json`, with the group as far as its first dot. */
function schemaFileName(kind: string, apiVersion: string): string {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : [undefined, apiVersion];
  return `${[kind, group?.split('.')[0], version]
    .filter((part) => part !== undefined)
    .join('-')
    .toLowerCase()}.json`;
}

/**
 * JSON schemas by file of the named kinds (`apps/v1 Deployment`), from Kubernetes' `swagger.json`: what they are made of stands in `definitions.json`. A key that the schema does not
 * know is refused, where Kubernetes itself drops it silently.
 */
export function kubernetesSchemas(
  swagger: { readonly definitions: Readonly<Record<string, Node>> },
  kinds: readonly string[],
): ReadonlyMap<string, unknown> {
  const files = new Map<string, unknown>();
  const used = new Set([OBJECT_META]);
  for (const [name, definition] of Object.entries(swagger.definitions)) {
    const ids = (definition['x-kubernetes-group-version-kind'] ?? []) as readonly {
      group: string;
      version: string;
      kind: string;
    }[];
    for (const { group, version, kind } of ids) {
      const apiVersion = group === '' ? version : `${group}/${version}`;
      if (!kinds.includes(`${apiVersion} ${kind}`)) continue;
      used.add(name);
      files.set(schemaFileName(kind, apiVersion), {
        $ref: `${DEFINITIONS_FILE}${REF_PREFIX}${name}`,
        required: ['apiVersion', 'kind', 'metadata'],
      });
    }
  }
  // A set tells what is added while it is walked.
  for (const name of used) for (const other of referencesIn(swagger.definitions[name])) used.add(other);
  const definitions = Object.fromEntries(
    [...used].sort().map((name) => [name, NUMBERS_TOO.includes(name) ? STRING_OR_NUMBER : closed(swagger.definitions[name])]),
  );
  return files.set(DEFINITIONS_FILE, { definitions });
}

/** JSON schemas by file of every version that a CustomResourceDefinition serves. */
export function customResourceSchemas({ spec }: CustomResourceDefinition): ReadonlyMap<string, unknown> {
  const { group, names, versions } = spec;
  const served = versions.filter((version) => version.served);
  return new Map(
    served.map(({ name, schema }) => {
      const all = closed(schema.openAPIV3Schema) as { properties: Node };
      const { status: _, ...properties } = all.properties;
      const metadata = { $ref: `${DEFINITIONS_FILE}${REF_PREFIX}${OBJECT_META}` };
      return [
        schemaFileName(names.kind, `${group}/${name}`),
        { ...all, properties: { ...properties, metadata }, required: ['apiVersion', 'kind', 'metadata', 'spec'] },
      ];
    }),
  );
}

function referencesIn(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value.slice(REF_PREFIX.length)] : referencesIn(value),
  );
}

/** Without prose, and closed: an object with named properties has no others, unless Kubernetes is to keep what it does not know. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const own = node as Node;
  if (own['x-kubernetes-int-or-string'] === true) return STRING_OR_NUMBER;
  const kept = Object.entries(own).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'properties')
      return [[key, Object.fromEntries(Object.entries(value as Node).map(([name, child]) => [name, closed(child)]))]];
    const isProse = key === 'description' || key === 'format' || key === 'default' || key === 'nullable' || key.startsWith('x-');
    return isProse ? [] : [[key, closed(value)]];
  });
  const result = Object.fromEntries(kept);
  if (
    own.properties !== undefined &&
    own.additionalProperties === undefined &&
    own['x-kubernetes-preserve-unknown-fields'] !== true
  )
    result.additionalProperties = false;
  if (own.nullable === true && typeof own.type === 'string') result.type = [own.type, 'null'];
  return result;
}
