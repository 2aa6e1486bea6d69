import metadata from 'kafkajs/src/protocol/requests/metadata/index.js';

const isRepaired = Symbol('throughline.metadata');

/**
 * kafkajs 2.2.4 refuses an answer about all topics of the cluster while a single partition anywhere has no leader: one broken topic, and nobody can list topics. Here such an answer is given as it
 * is, the partition's leader being -1. Questions for named topics fail as before. Applies to the process' kafkajs.
 */
export function repairMetadata(): void {
  const { protocol } = metadata;
  if (isRepaired in protocol) return;
  const repaired: typeof protocol = (options) => {
    const original = protocol(options);
    return (request) => {
      const made = original(request);
      if (request.topics.length > 0) return made;
      return { ...made, response: { ...made.response, parse: async (decoded: unknown) => decoded } };
    };
  };
  metadata.protocol = Object.assign(repaired, { [isRepaired]: true });
}
