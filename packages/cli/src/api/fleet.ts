import { CliError } from '../cli-error.ts';
import type { Endpoints } from './find-endpoints.ts';
import type { Page, ServiceInfo } from './operations-api.ts';
import type { ClientAnswer, ClientRequest, Endpoint, OperationsClient } from './operations-client.ts';
import { bodyOf, describeProblem } from './problem.ts';

/** A service that serves operations. */
export interface Service extends ServiceInfo {
  ask(path: string, request?: ClientRequest): Promise<ClientAnswer>;
}

/** Every service that was found, and who did not answer. */
export interface Fleet {
  readonly services: readonly Service[];
  /** Why each of the others could not be asked. */
  readonly silent: readonly string[];
}

/** Asks every address who is there; of several replicas of a service the first is taken. */
export async function discoverFleet(client: OperationsClient, endpoints: Endpoints): Promise<Fleet> {
  const silent: string[] = [];
  let code: 'UNREACHABLE' | 'REFUSED' = 'UNREACHABLE';
  const found = await Promise.all(
    endpoints.services.map((endpoint) =>
      identify(client, endpoint).catch((error: unknown) => {
        if (!(error instanceof CliError)) throw error;
        // Of a local stack the edge and services without events serve none.
        if (error.code === 'REFUSED') code = 'REFUSED';
        if (!(endpoints.isLocalStack && error.code === 'NOT_FOUND')) silent.push(error.message);
        return undefined;
      }),
    ),
  );
  const byName = new Map<string, Service>();
  for (const service of found) if (service !== undefined && !byName.has(service.service)) byName.set(service.service, service);
  if (byName.size === 0) throw new CliError(code, ['no service answered', ...silent].join('\n  '));
  return { services: [...byName.values()].sort((left, right) => (left.service < right.service ? -1 : 1)), silent };
}

async function identify(client: OperationsClient, endpoint: Endpoint): Promise<Service> {
  const answer = await client.ask(endpoint, '/operations');
  if (answer.status === 404)
    throw new CliError('NOT_FOUND', `${endpoint.url}: serves no operations; is OPERATIONS_TOKEN set there?`);
  if (answer.status >= 400) throw new CliError('UNREACHABLE', `${endpoint.url}: ${describeProblem(answer)}`);
  return { ...(answer.body as ServiceInfo), ask: (path, request) => client.ask(endpoint, path, request) };
}

/** The services that answered a question, the 404s left out; who fails while being asked is added to `silent`. */
export async function askAll<Body>(
  fleet: Fleet,
  path: string,
): Promise<{
  readonly answers: readonly { readonly service: Service; readonly body: Body }[];
  readonly silent: readonly string[];
}> {
  const silent: string[] = [];
  const answers = await Promise.all(
    fleet.services.map(async (service) => {
      try {
        const answer = await service.ask(path);
        return answer.status === 404 ? undefined : { service, body: bodyOf<Body>(answer, service.service) };
      } catch (error) {
        if (!(error instanceof CliError) || error.code !== 'UNREACHABLE') throw error;
        silent.push(`${service.service}: ${error.message}`);
        return undefined;
      }
    }),
  );
  return { answers: answers.filter((answer) => answer !== undefined), silent: [...fleet.silent, ...silent] };
}

/**
 * The one service that knows `path`.
 * @param subject what is looked for, such as `dead letter 4f…`
 * @throws {CliError} `NOT_FOUND` when everybody says no, `UNREACHABLE` when somebody who may know does not answer
 */
export async function findOwner<Body>(fleet: Fleet, path: string, subject: string): Promise<{ service: Service; body: Body }> {
  const { answers, silent } = await askAll<Body>(fleet, path);
  const [first] = answers;
  if (first !== undefined) return first;
  throw unknown(subject, silent);
}

/** The service a group belongs to. @throws {CliError} like `findOwner` */
export function ownerOfGroup(fleet: Fleet, group: string): Service {
  const owner = fleet.services.find(({ groups }) => groups.includes(group));
  if (owner !== undefined) return owner;
  throw unknown(`group ${group}`, fleet.silent);
}

export function unknown(subject: string, silent: readonly string[]): CliError {
  if (silent.length === 0) return new CliError('NOT_FOUND', `no service knows ${subject}`);
  return new CliError('UNREACHABLE', [`nobody who answered knows ${subject}; these did not answer:`, ...silent].join('\n  '));
}

/** Items of a list, page by page, up to `limit`; none where the service has no such list, as one without events has none of dead letters. */
export async function collectPages<Item>(
  service: Service,
  path: string,
  options: { readonly query?: ClientRequest['query']; readonly limit: number; readonly onPage?: (page: Page<Item>) => void },
): Promise<{ readonly items: readonly Item[]; readonly hasMore: boolean }> {
  const items: Item[] = [];
  let after: string | undefined;
  for (;;) {
    const limit = Math.min(options.limit - items.length, 1000);
    const answer = await service.ask(path, { query: { ...options.query, limit, after } });
    if (answer.status === 404) return { items, hasMore: false };
    const page = bodyOf<Page<Item>>(answer, service.service);
    options.onPage?.(page);
    items.push(...page.items);
    if (page.next === null || items.length >= options.limit) return { items, hasMore: page.next !== null };
    after = page.next;
  }
}
