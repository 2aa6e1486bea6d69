import { oneOf, optional, port, readConfig, text, url } from '@throughline/service';
import { LOG_LEVELS } from '@throughline/telemetry';
import { AUTH, EDGE_SYSTEMS, type EdgeService, type EdgeSystem } from './edge-systems.ts';

/** A service that runs. */
export interface RunningService extends EdgeService {
  readonly url: URL;
  readonly opsUrl: URL;
}

/** A system of which services run. */
export interface RunningSystem extends EdgeSystem {
  readonly services: readonly RunningService[];
}

const FIELDS = {
  host: text('HOST', { default: '127.0.0.1' }),
  httpPort: port('HTTP_PORT', 8080),
  opsPort: port('OPS_PORT', 9100),
  logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
  consoleOpsUrl: optional(url('CONSOLE_OPS_URL')),
};

/**
 * Settings of the edge. A system runs when one of its variables is set; then all of them must be.
 * @throws {ConfigError} with every fault of the environment at once.
 */
export function readEdgeConfig(environment: NodeJS.ProcessEnv) {
  const systems = EDGE_SYSTEMS.filter(({ services }) => services.flatMap(variablesOf).some((name) => environment[name]?.trim()));
  const variables = [AUTH, ...systems.flatMap(({ services }) => services)].flatMap(variablesOf);
  const addressFields = Object.fromEntries(variables.map((variable) => [variable, url(variable)]));
  const config = readConfig(environment, { ...addressFields, ...FIELDS });
  const addresses: Readonly<Record<string, unknown>> = config;
  const running = (service: EdgeService): RunningService => {
    const [address, opsAddress] = variablesOf(service).map((variable) => new URL(String(addresses[variable])));
    return { ...service, url: address as URL, opsUrl: opsAddress as URL };
  };
  const { host, httpPort, opsPort, logLevel, consoleOpsUrl } = config;
  return {
    ...{ host, httpPort, opsPort, logLevel, consoleOpsUrl },
    auth: running(AUTH),
    systems: systems.map((system): RunningSystem => ({ ...system, services: system.services.map(running) })),
  };
}

/** Of its address and of that of its health. */
function variablesOf({ name }: EdgeService): readonly [string, string] {
  const prefix = name.toUpperCase().replaceAll('-', '_');
  return [`${prefix}_URL`, `${prefix}_OPS_URL`];
}
