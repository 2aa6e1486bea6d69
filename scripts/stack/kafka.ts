import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ComponentContext, type RunningComponent, runContainer, runNative, useGiven } from './component.ts';
import { findJava, missingJava } from './java.ts';
import { kafkaJars, missingMaven } from './kafka-jars.ts';
import { answersMetadata } from './kafka-probe.ts';
import { kafkaSettings, toImageEnvironment, toProperties } from './kafka-settings.ts';
import type { MissingProgram } from './missing-programs.ts';
import { LOOPBACK } from './ports.ts';
import { runCommand } from './run-command.ts';

/** The image used where Docker is. */
export const KAFKA_IMAGE = 'apache/kafka:4.3.1';
const LOG_CONFIG = join(import.meta.dirname, 'kafka', 'log4j2.properties');
/** One for each data directory would be right for a cluster; a node of its own never meets another. */
const CLUSTER_ID = 'dGhyb3VnaGxpbmUtbG9jYQ';
const IMAGE_PORTS = { client: 9092, controller: 9093 };

/** Kafka's parameters beyond those of every part: the controller needs a port of its own. */
export interface KafkaContext extends ComponentContext {
  readonly controllerPort: () => Promise<number>;
  /** The port that clients are told, such as that of a proxy. (Default: the broker's own) */
  readonly advertisedPort?: number | undefined;
}

/** Brings up a Kafka of one node (KRaft, no ZooKeeper). */
export async function startKafka(context: KafkaContext): Promise<RunningComponent> {
  if (context.givenAddress !== undefined) return useGivenKafka(context.givenAddress);
  if (context.kind === 'docker') return startInContainer(context);
  const { progress, signal } = context;
  // One after the other: Maven may be there without the Java it runs on.
  const java = await findJava(progress, signal);
  const jars = await kafkaJars({ java, progress, signal });
  const port = await context.port();
  const settingsFile = writeSettings(context, { port, controllerPort: await context.controllerPort() });
  const classPath = ['-cp', join(jars, '*'), `-Dlog4j2.configurationFile=${LOG_CONFIG}`];
  await formatStorage({ java, classPath, settingsFile, context });
  const heap = ['-Xms256m', '-Xmx512m', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'];
  return runNative({
    name: 'kafka',
    address: `${LOOPBACK}:${port}`,
    process: { command: java, args: [...heap, ...classPath, 'kafka.Kafka', settingsFile] },
    context,
    probe: () => answersMetadata(LOOPBACK, port),
  });
}

/** What a process of this machine needs and is not there. */
export async function missingForKafka(): Promise<MissingProgram[]> {
  return [...(await missingJava()), ...missingMaven()];
}

async function startInContainer(context: KafkaContext): Promise<RunningComponent> {
  const port = await context.port();
  const settings = kafkaSettings({
    clientPort: context.advertisedPort ?? port,
    listen: { host: '0.0.0.0', port: IMAGE_PORTS.client },
    controllerPort: IMAGE_PORTS.controller,
    logDir: '/var/lib/kafka/data',
  });
  const env = { ...toImageEnvironment(settings), CLUSTER_ID, KAFKA_HEAP_OPTS: '-Xms256m -Xmx512m' };
  return runContainer({
    name: 'kafka',
    address: `${LOOPBACK}:${port}`,
    container: { image: KAFKA_IMAGE, hostPort: port, containerPort: IMAGE_PORTS.client, env, dataPath: '/var/lib/kafka/data' },
    context,
    probe: () => answersMetadata(LOOPBACK, port),
  });
}

function useGivenKafka(address: string): Promise<RunningComponent> {
  const [first = ''] = address.split(',');
  const { hostname, port } = new URL(`kafka://${first.trim()}`);
  const probe = () => answersMetadata(hostname, Number(port || 9092));
  return useGiven({ name: 'kafka', variable: 'KAFKA_BROKERS', address, probe });
}

function writeSettings(
  { dataDir, advertisedPort }: KafkaContext,
  { port, controllerPort }: { port: number; controllerPort: number },
): string {
  const folder = join(dataDir, 'kafka');
  const logDir = join(folder, 'data');
  mkdirSync(logDir, { recursive: true });
  const listen = { host: LOOPBACK, port };
  const settings = kafkaSettings({ clientPort: advertisedPort ?? port, listen, controllerPort, logDir });
  const file = join(folder, 'server.properties');
  writeFileSync(file, toProperties(settings));
  return file;
}

/** Formats the data folder at the first start; later ones save the two seconds of a JVM for nothing. */
async function formatStorage(options: {
  java: string;
  classPath: readonly string[];
  settingsFile: string;
  context: KafkaContext;
}): Promise<void> {
  const { java, classPath, settingsFile, context } = options;
  if (existsSync(join(context.dataDir, 'kafka', 'data', 'meta.properties'))) return;
  const args = [...classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', settingsFile];
  await runCommand({ command: java, args, signal: context.signal });
}
