import type { ServicesKnowledge } from './ask-services.ts';
import type { GroupJourney, JourneyStep } from './journey.ts';

/** What the last step of a group means where its service does not say more. */
const STATE_OF_STEP: Readonly<Record<string, string>> = {
  handled: 'handled',
  duplicate: 'handled',
  released: 'handled',
  retried: 'waits for its next try',
};

/** What each group did with the event: its own database where it answered, else what it told while it worked. */
export function groupJourneys(
  steps: readonly JourneyStep[],
  known: Pick<ServicesKnowledge, 'processed' | 'deadLetters' | 'parked'>,
): readonly GroupJourney[] {
  const names = new Set(
    [steps, known.processed, known.deadLetters, known.parked].flatMap((each) => each.map(({ group }) => group)),
  );
  return [...names].sort().map((group) => {
    const ofGroup = <Item extends { readonly group: string }>(items: readonly Item[]) =>
      items.filter((item) => item.group === group);
    const journey = {
      group,
      steps: ofGroup(steps),
      processedAt: ofGroup(known.processed)[0]?.processedAt ?? null,
      deadLetters: ofGroup(known.deadLetters),
      parked: ofGroup(known.parked),
    };
    return { ...journey, state: stateOf(journey) };
  });
}

/** A record of being processed is also written for an event that the parking lot or the dead letters answer for, so these are looked at first. */
function stateOf({ steps, processedAt, deadLetters, parked }: Omit<GroupJourney, 'state'>): string {
  const undecided = deadLetters.find(({ state }) => state === 'waiting');
  if (undecided !== undefined) return 'dead-lettered';
  if (parked.length > 0) return 'parked';
  const decided = deadLetters.find(({ state }) => state !== 'resolved');
  if (decided !== undefined) return decided.state;
  if (processedAt !== null) return 'handled';
  const last = steps.at(-1)?.outcome;
  return last === undefined ? 'handled' : (STATE_OF_STEP[last] ?? last);
}
