import { refusalOf } from './render-chart.ts';

/** Of a component that is otherwise right. */
const component = (name: string, values: unknown) => ({ components: { [name]: values } });

describe('values that are wrong are refused, with the name of the value', () => {
  it.each<[name: string, values: unknown]>([
    ['image.pullPolicy', { image: { pullPolicy: 'Sometimes' } }],
    ['publicUrl', { publicUrl: 'localhost' }],
    ['logLevel', { logLevel: 'loud' }],
    ['deleteData', { deleteData: 'no' }],
    ['kafka.bootstrapServers', { kafka: { bootstrapServers: 'a.example.com:9093,b.example.com' } }],
    ['kafka.topics.replicas', { kafka: { topics: { replicas: 0 } } }],
    ['kafka.topics.minInsyncReplicas', { kafka: { topics: { replicas: 1, minInsyncReplicas: 2 } } }],
    ['kafka.existingSecret', { kafka: { existingSecret: 'logins' } }],
    ['postgresql.existingSecret', { postgresql: { dev: { enabled: false } } }],
    ['redis.existingSecret', { redis: { dev: { enabled: false } } }],
    ['tracing.sampledRatio', { tracing: { sampledRatio: 2 } }],
    ['networkPolicy.storesCidrs', { networkPolicy: { storesCidrs: ['10.0.0.1'] } }],
    ['gateway.parentRefs', { gateway: { enabled: true } }],
    ['defaults.terminationGraceSeconds', { defaults: { terminationGraceSeconds: 10 } }],
    ['systems.intake.enabled', { systems: { intake: { enabled: 'yes' } } }],
    ['components.console.replicas', component('console', { replicas: -1 })],
    ['components.console.calls', component('console', { calls: ['nobody'] })],
    ['components.console.systems', component('console', { systems: ['billing'] })],
    ['components.console.autoscaling.by', component('console', { autoscaling: { by: 'weather' } })],
    ['components.console.autoscaling.min', component('console', { autoscaling: { by: 'cpu', min: 5, max: 2 } })],
    ['components.storage-auth.autoscaling.by', component('storage-auth', { autoscaling: { by: 'lag' } })],
    ['components.storage-auth.kafka', component('storage-auth', { kafka: true })],
    ['components.storage-auth.secrets.OTHER', component('storage-auth', { secrets: { OTHER: 'other' } })],
    ['components.storage-object.volume.accessMode', component('storage-object', { replicas: 2 })],
    ['components.storage-object.volume.accessMode', component('storage-object', { autoscaling: { by: 'cpu' } })],
    ['components.intake-worker.env.RETRY_BACKOFF_MS', component('intake-worker', { env: { RETRY_BACKOFF_MS: 500 } })],
    ['components.intake-worker.env.MAX_RECEIVE_COUNT', { defaults: { env: { MAX_RECEIVE_COUNT: 3 } } }],
    ['components.intake-api.env.ORDERS_TOPIC', component('intake-api', { env: { ORDERS_TOPIC: 'orders' } })],
    ['components.shop', component('shop', { replicas: 1 })],
  ])('%s in %j', async (name, values) => {
    const refusal = await refusalOf(values);
    // Helm 4 writes /components/console where Helm 3 writes components.console.
    expect(refusal?.replaceAll(/(?<=at '\S*)\//g, '.')).toContain(name);
  });

  it.each<[name: string, values: unknown]>([
    ['kafak', { kafak: {} }],
    ['replica', { kafka: { topics: { replica: 3 } } }],
    ['existingSecrets', { redis: { existingSecrets: 'x' } }],
    ['memory', { components: { console: { memory: '1Gi' } } }],
    ['limit', { components: { console: { resources: { limit: { memory: '1Gi' } } } } }],
    ['mode', { components: { 'storage-object': { volume: { mode: 'ReadWriteMany' } } } }],
  ])('%s, which is no value, in %j', async (name, values) => {
    expect(await refusalOf(values)).toContain(`'${name}'`);
  });

  it('but not those that are right', async () => {
    expect(
      await refusalOf({ components: { 'storage-object': { replicas: 2, volume: { accessMode: 'ReadWriteMany' } } } }),
    ).toBeUndefined();
  });
});
