import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { edge, operatorConsole, type SystemContext, servicesOf, systems } from './systems.ts';

const everything = [...servicesOf(Object.keys(systems)), operatorConsole, edge];
const namesOf = (...systemNames: string[]) => servicesOf(systemNames).map(({ name }) => name);

function contextOf(services: readonly string[]): SystemContext {
  return {
    edgeUrl: 'http://edge',
    dataDir: '/data',
    httpUrl: (service) => `http://${service}`,
    opsUrl: (service) => `http://${service}:1`,
    services,
    secret: (name) => name,
    administrator: { email: 'a@b', password: 'p' },
  };
}

describe('servicesOf', () => {
  it('is those of a system', () => {
    expect(namesOf('intake')).toEqual(['storage-auth', 'intake-api', 'intake-worker']);
  });

  it('has a service that is in two systems once', () => {
    expect(namesOf('storage', 'intake')).toEqual([
      'storage-auth',
      'storage-bucket',
      'storage-object',
      'storage-metadata',
      'intake-api',
      'intake-worker',
    ]);
  });
});

describe('services', () => {
  it.each(everything.map(({ name, entry }) => [name, entry]))('%s has a main file', (_, entry) => {
    expect(existsSync(join(import.meta.dirname, '..', entry))).toBe(true);
  });

  it('wish for ports of their own', () => {
    const ports = everything.flatMap((service) => [service.ports.http, service.ports.ops]);
    expect(new Set(ports).size).toBe(ports.length);
  });
});

describe('the edge', () => {
  it('is told of the services that run and of no other', () => {
    expect(edge.env(contextOf([...namesOf('intake'), 'console']))).toEqual({
      STORAGE_AUTH_URL: 'http://storage-auth',
      STORAGE_AUTH_OPS_URL: 'http://storage-auth:1',
      INTAKE_API_URL: 'http://intake-api',
      INTAKE_API_OPS_URL: 'http://intake-api:1',
      INTAKE_WORKER_URL: 'http://intake-worker',
      INTAKE_WORKER_OPS_URL: 'http://intake-worker:1',
      CONSOLE_OPS_URL: 'http://console:1',
    });
  });
});
