import type { GroupJourney, Journey, JourneyStep, RelatedEvent } from '../api/journey.ts';
import { printable, renderFacts } from './table.ts';
import { age, localTime } from './times.ts';

interface Line {
  readonly at: string;
  readonly who: string;
  readonly text: string;
}

/** A journey as a person reads it: facts, then everything that happened in the order of time, then what each group came to. */
export function renderJourney(journey: Journey): string {
  const facts = renderFacts([
    ['event', journey.eventId],
    ['type', journey.type],
    ['source', journey.source],
    ['correlation', journey.correlationId],
    ['trace', journey.traceId],
    ['caused by', journey.parent === null ? undefined : nameOf(journey.parent)],
  ]);
  const groups = journey.groups.map(renderGroup).join('');
  return [
    facts,
    section('what happened', timeline(journey)),
    section('groups', groups),
    section('it caused', journey.children.map(renderChild).join('')),
    journey.hasMoreChildren ? '  … and more\n' : '',
    `\n${freshness(journey)}\n`,
  ].join('');
}

function timeline(journey: Journey): string {
  const lines: Line[] = [
    ...journey.outbox.map(({ service, state, topic, createdAt }) => ({
      at: createdAt,
      who: service,
      text: `put into the outbox for ${topic}${state === 'sent' ? '' : `, ${state}`}`,
    })),
    ...journey.publications.map(({ at, topic, partition, offset, key }) => ({
      at,
      who: 'Kafka',
      text: `published to ${topic} [${partition}] @ ${offset}${key === null ? '' : `, key ${key}`}`,
    })),
    ...journey.groups.flatMap((group) => [...stepLines(group), ...decisionLines(group)]),
  ].sort((left, right) => Date.parse(left.at) - Date.parse(right.at));
  const startMs = Date.parse(lines[0]?.at ?? '');
  const width = Math.max(0, ...lines.map(({ who }) => who.length));
  return lines
    .map(({ at, who, text }) => {
      const ms = Date.parse(at);
      return `${localTime(ms)}  ${sinceStart(ms - startMs).padStart(9)}  ${printable(who).padEnd(width)}  ${printable(text)}\n`;
    })
    .join('');
}

/** What people decided is told by the audit where there is one, and else by the group. */
const DECISIONS: ReadonlySet<string> = new Set(['replayed', 'edited', 'discarded']);

function stepLines({ group, steps, deadLetters }: GroupJourney): readonly Line[] {
  const isAudited = deadLetters.some(({ decisions }) => decisions.length > 0);
  return steps
    .filter(({ outcome }) => !(isAudited && DECISIONS.has(outcome)))
    .map((step) => ({ at: step.at, who: group, text: describeStep(step) }));
}

function decisionLines({ group, deadLetters }: GroupJourney): readonly Line[] {
  return deadLetters.flatMap(({ dlqId, decisions }) =>
    decisions.map(({ at, operator, action }) => ({
      at,
      who: group,
      text: `${action.replace('dead-letter.', '')} of dead letter ${dlqId} by ${operator}`,
    })),
  );
}

function sinceStart(ms: number): string {
  return ms < 10_000 ? `+${ms} ms` : `+${age(ms).replace(' ago', '')}`;
}

function describeStep({ outcome, attempt, durationMs, detail }: JourneyStep): string {
  const took = durationMs > 0 ? `, ${Math.round(durationMs)} ms` : '';
  return `${outcome} (try ${attempt}${took})${detail === null ? '' : `: ${detail}`}`;
}

function renderGroup({ group, state, processedAt, deadLetters, parked }: GroupJourney): string {
  const more = [
    ...deadLetters.map(
      ({ dlqId, state: now, reason, replayCount }) => `dead letter ${dlqId} ${now} (${reason}, ${replayCount} replays)`,
    ),
    ...parked.map(({ topic, key, position }) => `parked behind ${topic} key ${key}, position ${position}`),
  ];
  const handled = processedAt === null ? '' : ` at ${localTime(Date.parse(processedAt))}`;
  return `${printable(group)}  ${state}${handled}\n${more.map((text) => `  ${printable(text)}\n`).join('')}`;
}

function renderChild(child: RelatedEvent): string {
  const at = child.at === null ? '' : `${localTime(Date.parse(child.at))}  `;
  return `${'  '.repeat(child.depth - 1)}${at}${printable(nameOf(child))}\n`;
}

function nameOf({ type, eventId, topic }: RelatedEvent): string {
  return `${type ?? 'event'} ${eventId}${topic === null ? ' (not published, as far as is known)' : ''}`;
}

function section(title: string, text: string): string {
  if (text === '') return '';
  const lines = text.trimEnd().split('\n');
  return `\n${title}\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

function freshness({ asOf, index, services }: Journey): string {
  const behind = index.lag === null ? 'how far the index is is not known' : `the index is ${index.lag} records behind`;
  const asked = services.length === 0 ? 'no service was asked' : `asked: ${services.map(({ service }) => service).join(', ')}`;
  return `as of ${localTime(Date.parse(asOf))}; ${behind}; ${asked}`;
}
