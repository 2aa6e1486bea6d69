import { oneOf, optional, port, readConfig, text, url } from '@throughline/service';
import { LOG_LEVELS } from '@throughline/telemetry';

/** Settings of the edge. @throws {ConfigError} with every fault of the environment at once. */
export function readEdgeConfig(environment: NodeJS.ProcessEnv) {
  return readConfig(environment, {
    host: text('HOST', { default: '127.0.0.1' }),
    httpPort: port('HTTP_PORT', 8080),
    opsPort: port('OPS_PORT', 9100),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    authUrl: url('AUTH_URL'),
    authOpsUrl: url('AUTH_OPS_URL'),
    bucketUrl: url('BUCKET_URL'),
    bucketOpsUrl: url('BUCKET_OPS_URL'),
    objectUrl: url('OBJECT_URL'),
    objectOpsUrl: url('OBJECT_OPS_URL'),
    metadataUrl: url('METADATA_URL'),
    metadataOpsUrl: url('METADATA_OPS_URL'),
    consoleOpsUrl: optional(url('CONSOLE_OPS_URL')),
  });
}
