import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServiceTopics } from '@throughline/messaging';
import { readConfig } from '@throughline/service';
import { edge, operatorConsole, type ServiceDeclaration, systems } from '../systems.ts';
import { type DecisiveSettings, decisiveSettings, type TopicsModule } from './decisive-settings.ts';
import { type KafkaResources, kafkaResourcesOf } from './kafka-resources.ts';

/** What the chart knows of a component's Kafka. */
export interface ComponentResources extends KafkaResources {
  /** Its consumer groups. */
  readonly groups: readonly string[];
  /** Topics it publishes events to. */
  readonly publishes: readonly string[];
  readonly settings: DecisiveSettings;
}

/** Of every service that has a `src/topics.ts`, with the settings it has by default. */
export async function componentResources(root: string): Promise<ReadonlyMap<string, ComponentResources>> {
  const modules = new Map<string, TopicsModule>();
  for (const service of everyService()) {
    const module = await topicsModuleOf(root, service);
    if (module !== undefined) modules.set(service.name, module);
  }
  const all = [...modules.values()].map(topicsByDefault);
  return new Map([...modules].map(([name, module]) => [name, resourcesOf(module, all)]));
}

function resourcesOf(module: TopicsModule, all: readonly ServiceTopics[]): ComponentResources {
  const own = topicsByDefault(module);
  return {
    groups: [...own.subscriptions, ...(own.readers ?? [])].map(({ group }) => group),
    publishes: own.publishes.map(({ topic }) => topic),
    settings: decisiveSettings(module),
    ...kafkaResourcesOf(own, all),
  };
}

function topicsByDefault({ TOPIC_FIELDS, topicsOf }: TopicsModule): ServiceTopics {
  return topicsOf(readConfig({}, TOPIC_FIELDS));
}

/** Each once, by name: a service may be part of several systems. */
function everyService(): readonly ServiceDeclaration[] {
  const all = [...Object.values(systems).flat(), operatorConsole, edge];
  return [...new Map(all.map((service) => [service.name, service])).values()];
}

async function topicsModuleOf(root: string, { entry }: ServiceDeclaration): Promise<TopicsModule | undefined> {
  const path = join(root, entry.replace(/main\.ts$/, 'topics.ts'));
  if (!existsSync(path)) return undefined;
  return (await import(pathToFileURL(path).href)) as TopicsModule;
}
