import { LOOPBACK } from './ports.ts';

/** Where one local broker listens and keeps its data. */
export interface KafkaSettingsOptions {
  /** The port clients reach the broker at; the advertised listener follows it. */
  readonly clientPort: number;
  /** The address and port the broker binds for clients. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly controllerPort: number;
  readonly logDir: string;
}

/** The settings of a broker that is its own controller: one node, so every internal topic has one replica. */
export function kafkaSettings({ clientPort, listen, controllerPort, logDir }: KafkaSettingsOptions): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${LOOPBACK}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${listen.host}:${listen.port},CONTROLLER://${LOOPBACK}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${clientPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': logDir,
    'auto.create.topics.enable': 'false',
    'num.partitions': '6',
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A thread pool a core more costs memory and gains nothing on a developer's machine.
    'num.network.threads': '2',
    'num.io.threads': '4',
    'num.recovery.threads.per.data.dir': '2',
    // Segments preallocate index files of 10 MiB each by default, which hundreds of test topics would multiply.
    'log.index.size.max.bytes': '1048576',
    'log.retention.hours': '168',
  };
}

/** The settings as a properties file. */
export function toProperties(settings: Readonly<Record<string, string>>): string {
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}

/** The settings as the image's environment variables: `num.partitions` is `KAFKA_NUM_PARTITIONS`. */
export function toImageEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`KAFKA_${key.toUpperCase().replaceAll('.', '_')}`, value]),
  );
}
