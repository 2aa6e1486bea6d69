declare module 'kafkajs/src/consumer/consumerGroup.js' {
  interface TopicPartitions {
    readonly topic: string;
    readonly partitions: readonly number[];
  }

  /** The part of kafkajs' consumer group (2.2.4) that `repairConsumerGroup` touches. */
  class ConsumerGroup {
    readonly assigners: readonly object[];
    topicsSubscribed: string[];
    /** Milliseconds that a broker may wait for data. */
    maxWaitTime: number;
    minBytes: number;
    readonly topicConfigurations: Record<string, { fromBeginning: boolean }>;
    readonly subscriptionState: { active(): TopicPartitions[] };
    readonly cluster: {
      targetTopics: Set<string>;
      addMultipleTargetTopics(topics: string[]): Promise<void>;
      refreshMetadataIfNecessary(): Promise<void>;
    };
    filterPartitionsByNode(nodeId: number, partitions: TopicPartitions[]): TopicPartitions[];
    recoverFromFetch(error: unknown): Promise<void>;
    fetch(nodeId: number): Promise<unknown[]>;
  }
  export = ConsumerGroup;
}
