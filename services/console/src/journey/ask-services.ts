import type { JourneyDeadLetter, OutboxState, ParkedRecord } from './journey.ts';

export interface ServiceInquiryOptions {
  /** Where services serve their operations. */
  readonly urls: readonly string[];
  /** The operations token. */
  readonly token: string;
  /** (Default: 2 000) */
  readonly timeoutMs?: number;
}

/** What the services themselves know of an event: the authority where the index missed something. */
export interface ServicesKnowledge {
  readonly outbox: readonly OutboxState[];
  readonly processed: readonly { readonly group: string; readonly source: string; readonly processedAt: string }[];
  readonly deadLetters: readonly JourneyDeadLetter[];
  readonly parked: readonly ParkedRecord[];
  readonly services: readonly { readonly service: string; readonly asOf: string }[];
  readonly silent: readonly { readonly service: string; readonly reason: string }[];
}

interface EventAnswer {
  readonly outbox: readonly Omit<OutboxState, 'service'>[];
  readonly processed: ServicesKnowledge['processed'];
  readonly deadLetters: readonly Omit<JourneyDeadLetter, 'decisions'>[];
  readonly parked: readonly ParkedRecord[];
}

/** Decisions are asked for each dead letter: of so many a service. */
const MAX_DEAD_LETTERS = 20;
const NOTHING: EventAnswer = { outbox: [], processed: [], deadLetters: [], parked: [] };

/** Asks every service side by side about an event; who does not answer is named, and the others' answers stand. */
export type ServiceInquiry = (eventId: string) => Promise<ServicesKnowledge>;

export function createServiceInquiry(options: ServiceInquiryOptions): ServiceInquiry {
  /** Services by their addresses, as far as they ever answered. */
  const names = new Map<string, string>();
  return async (eventId) => {
    const asked = await Promise.all(options.urls.map((url) => askOne({ ...options, url, names }, eventId)));
    const answers = asked.filter((each): each is Heard => 'answer' in each);
    return {
      outbox: answers.flatMap(({ service, answer }) => answer.outbox.map((row) => ({ ...row, service }))),
      processed: answers.flatMap(({ answer }) => answer.processed),
      deadLetters: answers.flatMap(({ deadLetters }) => deadLetters),
      parked: answers.flatMap(({ answer }) => answer.parked),
      services: answers.map(({ service, asOf }) => ({ service, asOf })),
      silent: asked.flatMap((each) => ('reason' in each ? [{ service: each.service, reason: each.reason }] : [])),
    };
  };
}

interface Asking extends ServiceInquiryOptions {
  readonly url: string;
  readonly names: Map<string, string>;
}

interface Heard {
  readonly service: string;
  readonly answer: EventAnswer;
  readonly deadLetters: readonly JourneyDeadLetter[];
  readonly asOf: string;
}

interface Silent {
  readonly service: string;
  readonly reason: string;
}

async function askOne(asking: Asking, eventId: string): Promise<Heard | Silent> {
  const { url, names } = asking;
  try {
    if (!names.has(url)) names.set(url, await nameOf(asking));
    const service = names.get(url) ?? url;
    const answer = (await get<EventAnswer>(asking, `/operations/events/${encodeURIComponent(eventId)}`)) ?? NOTHING;
    const asOf = new Date().toISOString();
    const deadLetters = await Promise.all(
      answer.deadLetters.slice(0, MAX_DEAD_LETTERS).map(async (summary): Promise<JourneyDeadLetter> => {
        const whole = await get<JourneyDeadLetter>(asking, `/operations/dead-letters/${encodeURIComponent(summary.dlqId)}`);
        const { dlqId, group, type, source, state, reason, replayCount } = summary;
        return { dlqId, group, type, source, state, reason, replayCount, decisions: whole?.decisions ?? [] };
      }),
    );
    return { service, answer, deadLetters, asOf };
  } catch (error) {
    return { service: names.get(url) ?? url, reason: reasonOf(error) };
  }
}

async function nameOf(asking: Asking): Promise<string> {
  const info = await get<{ service: string }>(asking, '/operations');
  if (info === undefined) throw new Error('serves no operations; is OPERATIONS_TOKEN set there?');
  return info.service;
}

/** Undefined for 404: the service does not know it. */
async function get<Body>({ url, token, timeoutMs = 2_000 }: Asking, path: string): Promise<Body | undefined> {
  const response = await fetch(url.replace(/\/+$/, '') + path, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.ok) return (await response.json()) as Body;
  await response.body?.cancel();
  if (response.status === 404) return undefined;
  throw new Error(`answered ${response.status}`);
}

/** fetch hides what went wrong in the cause of its error. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return 'no answer in time';
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
}
