import type { ServiceTopics } from '@throughline/messaging';
import { type ConfigField, readConfig } from '@throughline/service';
import { kafkaResourcesOf } from './kafka-resources.ts';

/** What `src/topics.ts` of a service exports. */
export interface TopicsModule {
  readonly TOPIC_FIELDS: Readonly<Record<string, ConfigField<unknown>>>;
  readonly topicsOf: (config: Readonly<Record<string, unknown>>) => ServiceTopics;
}

/** Variables for which what was generated for their defaults is not enough. */
export interface DecisiveSettings {
  /** Another value needs other topics, on which the user of the defaults has its rights. */
  readonly topics: readonly string[];
  /** Another value needs other rights too. */
  readonly rights: readonly string[];
}

/** One that a variable does not take, or not together with the others' defaults, says nothing. */
const PROBES = ['2', '7', '500', 'another'];

/** Found by trying: what a variable is for is only known to the service's own code. */
export function decisiveSettings({ TOPIC_FIELDS, topicsOf }: TopicsModule): DecisiveSettings {
  const resourcesWith = (environment: NodeJS.ProcessEnv) => {
    const own = topicsOf(readConfig(environment, TOPIC_FIELDS));
    return kafkaResourcesOf(own, [own]);
  };
  const usual = resourcesWith({});
  const changes = (variable: string, what: 'topics' | 'rights') =>
    PROBES.some((probe) => {
      try {
        return JSON.stringify(resourcesWith({ [variable]: probe })[what]) !== JSON.stringify(usual[what]);
      } catch {
        return false;
      }
    });
  const variables = Object.values(TOPIC_FIELDS).map(({ variable }) => variable);
  const rights = variables.filter((variable) => changes(variable, 'rights'));
  const topics = variables.filter((variable) => !rights.includes(variable) && changes(variable, 'topics'));
  return { topics, rights };
}
