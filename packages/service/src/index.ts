export { ConfigError } from './config-error.ts';
export { flag, integer, list, oneOf, optional, port, text, token, url } from './config-fields.ts';
export type { HealthCheck, HealthCheckOptions } from './health-checks.ts';
export { type ConfigField, type ConfigOf, readConfig } from './read-config.ts';
export type { Release } from './releasers.ts';
export { type RunServiceOptions, runService, type ServiceConfig, type ServiceRuntime } from './run-service.ts';
export { SERVICE_FIELDS } from './service-fields.ts';
export { type Backbone, type BackboneConfig, type BackboneOptions, startBackbone } from './start-backbone.ts';
export type { Stores, StoresConfig, StoresOptions } from './start-stores.ts';
