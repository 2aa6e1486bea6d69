import { defineRoute, type Route } from '@throughline/http';
import { countWaiting, type GroupState } from '@throughline/postgres';
import Type from 'typebox';
import { notFound, OperatorHeaders, operatorOf, stateConflict } from './operation-parts.ts';
import type { OperationsContext } from './operations-context.ts';
import { presentTopics } from './present-topics.ts';
import type { SubscribedGroup } from './subscribed-group.ts';

/** The groups of the service, how far they are, and whether they run. */
export function groupRoutes(context: OperationsContext): readonly Route[] {
  return [listRoute(context), setRoute(context, 'pause'), setRoute(context, 'resume')];
}

function listRoute(context: OperationsContext): Route {
  return defineRoute({
    method: 'GET',
    path: '/operations/groups',
    operationId: 'listGroups',
    summary: 'List the groups of the service',
    auth: 'required',
    responses: { 200: { description: 'The groups with their lag, by topic and partition.' } },
    handler: async () => {
      const [controls, waiting] = await Promise.all([context.controls.read(), countWaiting(context.database)]);
      const items = await Promise.all(
        [...context.groups].map(([name, group]) =>
          describeGroup(context, group, { state: controls.get(name) ?? 'running', waitingDeadLetters: waiting.get(name) ?? 0 }),
        ),
      );
      return { status: 200, body: { items } };
    },
  });
}

async function describeGroup(
  { driver, parking }: OperationsContext,
  { subscription, running }: SubscribedGroup,
  known: { readonly state: GroupState; readonly waitingDeadLetters: number },
): Promise<Record<string, unknown>> {
  const { group, order } = subscription;
  const [members, offsets, parked] = await Promise.all([
    driver.groups.memberCount(group),
    presentTopics(driver, running.topics()).then((present) => driver.groups.offsets(group, present)),
    parking.counts(group),
  ]);
  const topics = offsets.map(({ topic, partition, committed, low, high }) => ({
    topic,
    partition,
    committed: committed === undefined ? null : Number(committed),
    low: Number(low),
    high: Number(high),
    lag: lagOf({ committed, low, high }),
  }));
  const lag = topics.reduce((sum, partition) => sum + partition.lag, 0);
  const { state, waitingDeadLetters } = known;
  return { group, order, state, members, lag, topics, ...parked, waitingDeadLetters };
}

/** Of a group that never committed everything in the log is still to come. */
export function lagOf({ committed, low, high }: { committed: bigint | undefined; low: bigint; high: bigint }): number {
  const from = committed === undefined || committed < low ? low : committed;
  return from < high ? Number(high - from) : 0;
}

function setRoute(context: OperationsContext, verb: 'pause' | 'resume'): Route {
  const wanted = verb === 'pause' ? 'paused' : 'running';
  return defineRoute({
    method: 'POST',
    path: `/operations/groups/{group}/${verb}`,
    operationId: `${verb}Group`,
    summary: verb === 'pause' ? 'Stop a group: every member leaves within seconds' : 'Let a paused group run again',
    auth: 'required',
    pathSchema: Type.Object({ group: Type.String({ minLength: 1, maxLength: 249 }) }),
    headersSchema: OperatorHeaders,
    responses: {
      200: { description: 'Wanted now.' },
      404: { description: 'No such group' },
      409: { description: 'A job rewinds it' },
    },
    handler: async ({ path: { group }, headers }) => {
      if (!context.groups.has(group)) throw groupNotFound(group);
      const state = await context.controls.set(group, wanted, operatorOf(headers));
      if (state === 'rewinding')
        throw stateConflict('group_rewinding', `A job rewinds ${group}; cancel it, or wait for its end.`, state);
      context.wakeControls();
      return { status: 200, body: { group, state } };
    },
  });
}

function groupNotFound(group: string) {
  return notFound('group_not_found', `This service does not subscribe as ${group}.`);
}
