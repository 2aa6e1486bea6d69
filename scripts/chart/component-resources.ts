import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServiceTopics } from '@throughline/messaging';
import { type ConfigField, readConfig } from '@throughline/service';
import { edge, operatorConsole, type ServiceDeclaration, systems } from '../systems.ts';
import { type KafkaResources, kafkaResourcesOf } from './kafka-resources.ts';

/** What `src/topics.ts` of a service exports. */
interface TopicsModule {
  readonly TOPIC_FIELDS: Readonly<Record<string, ConfigField<unknown>>>;
  readonly topicsOf: (config: Readonly<Record<string, unknown>>) => ServiceTopics;
}

/** What the chart knows of a component's Kafka. */
export interface ComponentResources extends KafkaResources {
  /** Its consumer groups. */
  readonly groups: readonly string[];
  /** Topics it publishes events to. */
  readonly publishes: readonly string[];
}

/** Of every service that has a `src/topics.ts`, with the settings it has by default. */
export async function componentResources(root: string): Promise<ReadonlyMap<string, ComponentResources>> {
  const declared = new Map<string, ServiceTopics>();
  for (const service of everyService()) {
    const topics = await topicsOfService(root, service);
    if (topics !== undefined) declared.set(service.name, topics);
  }
  const all = [...declared.values()];
  return new Map(
    [...declared].map(([name, own]) => [
      name,
      {
        groups: [...own.subscriptions, ...(own.readers ?? [])].map(({ group }) => group),
        publishes: own.publishes.map(({ topic }) => topic),
        ...kafkaResourcesOf(own, all),
      },
    ]),
  );
}

/** Each once, by name: a service may be part of several systems. */
function everyService(): readonly ServiceDeclaration[] {
  const all = [...Object.values(systems).flat(), operatorConsole, edge];
  return [...new Map(all.map((service) => [service.name, service])).values()];
}

async function topicsOfService(root: string, { entry }: ServiceDeclaration): Promise<ServiceTopics | undefined> {
  const path = join(root, entry.replace(/main\.ts$/, 'topics.ts'));
  if (!existsSync(path)) return undefined;
  const { TOPIC_FIELDS, topicsOf } = (await import(pathToFileURL(path).href)) as TopicsModule;
  return topicsOf(readConfig({}, TOPIC_FIELDS));
}
