import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type FakeObject, pod } from './fake-objects.fixture.ts';

/** A rule of a Role. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** A request as RBAC sees it. */
export interface AskedRight {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly name: string | undefined;
}

export type Kind = 'deployments' | 'pods' | 'kafkatopics' | 'kafkausers' | 'scaledobjects';

/** Answers as an API server does, of one namespace, and lets deployments follow their replicas one step a list of pods. */
export interface FakeApiServer {
  readonly url: string;
  readonly token: string;
  /** For a file: a kubeconfig with the context `fake`. */
  readonly kubeconfig: string;
  readonly objects: Record<Kind, Map<string, FakeObject>>;
  readonly asked: AskedRight[];
  /** Everything is allowed without rules. */
  rules: readonly PolicyRule[] | undefined;
  /** Kinds that the cluster does not know. */
  readonly unknownKinds: Set<Kind>;
  /** Status codes of the next answers, whatever is asked. */
  readonly failures: number[];
  /** Changes of deployments are not looked at. */
  isBlind: boolean;
  /** Pods that do not end, or do not become ready. */
  isStuck: boolean;
  /** Called before a patch is applied. */
  beforePatch: (() => void) | undefined;
  add(kind: Kind, ...objects: readonly FakeObject[]): void;
  close(): Promise<void>;
}

const GROUPS: Readonly<Record<string, string>> = {
  '/apis/apps/v1': 'apps',
  '/api/v1': '',
  '/apis/kafka.strimzi.io/v1': 'kafka.strimzi.io',
  '/apis/keda.sh/v1alpha1': 'keda.sh',
};
const PATH = /^(?<root>\/apis?(?:\/[^/]+)*?\/v1(?:alpha1)?)\/namespaces\/throughline\/(?<kind>[a-z]+)(?:\/(?<name>[^/]+))?$/;

export async function startFakeApiServer(): Promise<FakeApiServer> {
  const token = 'a-service-account-token';
  const server = createServer((request, response) => void answer(fake, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const none = () => new Map<string, FakeObject>();
  const fake: FakeApiServer = {
    url,
    token,
    kubeconfig: kubeconfigOf(url, token),
    objects: { deployments: none(), pods: none(), kafkatopics: none(), kafkausers: none(), scaledobjects: none() },
    asked: [],
    rules: undefined,
    unknownKinds: new Set(),
    failures: [],
    isBlind: false,
    isStuck: false,
    beforePatch: undefined,
    add: (kind, ...objects) => {
      for (const object of objects) {
        object.metadata.resourceVersion ??= '1';
        fake.objects[kind].set(object.metadata.name, object);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}

/** The client sends a token over HTTP only where TLS is not asked for. */
function kubeconfigOf(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'fake',
    clusters: [{ name: 'fake', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'mia', user: { token } }],
    contexts: [
      { name: 'fake', context: { cluster: 'fake', user: 'mia' } },
      { name: 'elsewhere', context: { cluster: 'fake', user: 'mia', namespace: 'shop' } },
    ],
  });
}

async function answer(fake: FakeApiServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const [code, said] = decide(fake, request, body);
  // Of a path that it does not know at all a server says so in plain text.
  const isText = typeof said === 'string';
  response.writeHead(code, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
  response.end(isText ? said : JSON.stringify(said));
}

function decide(fake: FakeApiServer, request: IncomingMessage, body: string): [number, unknown] {
  const failure = fake.failures.shift();
  if (failure !== undefined) return refusal(failure, 'the fake was told to');
  if (request.headers.authorization !== `Bearer ${fake.token}`) return refusal(401, 'Unauthorized');
  const { pathname, searchParams } = new URL(request.url ?? '', fake.url);
  const { root = '', kind, name } = (PATH.exec(pathname)?.groups ?? {}) as { root?: string; kind?: Kind; name?: string };
  const group = GROUPS[root];
  if (kind === undefined || group === undefined || fake.unknownKinds.has(kind)) return [404, '404 page not found\n'];
  const verb = request.method === 'PATCH' ? 'patch' : name === undefined ? 'list' : 'get';
  const right: AskedRight = { group, resource: kind, verb, name };
  fake.asked.push(right);
  if (fake.rules !== undefined && !fake.rules.some((rule) => allows(rule, right)))
    return refusal(
      403,
      `${kind}.${group} is forbidden: User "mia" cannot ${verb} resource "${kind}" in API group "${group}" in the namespace "throughline"`,
    );
  const objects = fake.objects[kind];
  if (name === undefined) return [200, list(fake, kind, searchParams.get('labelSelector') ?? '')];
  const object = objects.get(name);
  if (object === undefined) return refusal(404, `${kind} "${name}" not found`);
  return verb === 'get' ? [200, object] : patch(fake, object, { contentType: request.headers['content-type'], body });
}

/** As RBAC has it: a list is of no name, so a rule with names never allows it. */
export function allows(rule: PolicyRule, { group, resource, verb, name }: AskedRight): boolean {
  const isNamed = rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name));
  return rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb) && isNamed;
}

function refusal(code: number, message: string): [number, unknown] {
  return [code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code }];
}

function list(fake: FakeApiServer, kind: Kind, selector: string): unknown {
  if (kind === 'pods' && !fake.isBlind) for (const deployment of fake.objects.deployments.values()) step(fake, deployment);
  const wanted = selector === '' ? [] : selector.split(',').map((pair) => pair.split('=') as [string, string]);
  const items = [...fake.objects[kind].values()].filter(({ metadata }) =>
    wanted.every(([label, value]) => metadata.labels?.[label] === value),
  );
  return { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '9' }, items };
}

function patch(
  fake: FakeApiServer,
  object: FakeObject,
  { contentType, body }: { contentType: string | undefined; body: string },
): [number, unknown] {
  if (contentType !== 'application/merge-patch+json')
    return refusal(415, `the body of the request was in an unknown format: ${contentType}`);
  fake.beforePatch?.();
  const { metadata = {}, spec = {} } = JSON.parse(body);
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== object.metadata.resourceVersion)
    return refusal(409, 'the object has been modified; please apply your changes to the latest version and try again');
  const annotations: Record<string, string | null> = { ...object.metadata.annotations, ...metadata.annotations };
  object.metadata.annotations = Object.fromEntries(
    Object.entries(annotations).filter((pair): pair is [string, string] => pair[1] !== null),
  );
  if (Object.keys(spec).length > 0) object.metadata.generation = (object.metadata.generation ?? 0) + 1;
  Object.assign(object.spec, spec);
  object.metadata.resourceVersion = String(Number(object.metadata.resourceVersion) + 1);
  return [200, object];
}

/** First the change is seen and pods are told to end or made, then they are gone or ready. */
function step(fake: FakeApiServer, { metadata, spec, status }: FakeObject): void {
  const component = spec.template.spec.containers[0].name as string;
  const release = metadata.labels?.['app.kubernetes.io/instance'] ?? '';
  const own = [...fake.objects.pods.values()].filter(({ metadata: { name } }) => name.startsWith(`${metadata.name}-`));
  if (status.observedGeneration !== metadata.generation) {
    status.observedGeneration = metadata.generation;
    for (const each of own.slice(spec.replicas)) each.metadata.deletionTimestamp = '2026-01-06T10:20:00Z';
    for (let count = own.length; count < spec.replicas; count += 1)
      fake.add('pods', pod(component, `new-${count}`, { isReady: false, release }));
  } else if (!fake.isStuck) {
    for (const each of own) {
      if (each.metadata.deletionTimestamp !== undefined) fake.objects.pods.delete(each.metadata.name);
      else if (each.metadata.name.includes('-new-')) each.status = pod(component, '', { release }).status;
    }
    for (const name of ['replicas', 'updatedReplicas', 'readyReplicas']) status[name] = spec.replicas;
  }
}
