import { EventError } from '@throughline/events';
import { createInMemoryDriver, type OutgoingRecord } from '@throughline/messaging';
import { createMetrics } from '@throughline/telemetry';
import { measureSends } from './measure-sends.ts';

const record = (topic: string): OutgoingRecord => ({ topic, key: 'k', value: Buffer.from('{}'), headers: {} });

describe('measureSends', () => {
  it('counts and times sends by topic, failed ones by their code, and changes nothing else', async () => {
    const metrics = createMetrics({ service: 'test' });
    const inner = createInMemoryDriver();
    const driver = measureSends(inner, metrics);
    await driver.ensureTopics([{ topic: 'a' }, { topic: 'b' }], { create: true });
    const producer = await driver.createProducer({ name: 'test' });
    const positions = await producer.send([record('a'), record('b'), record('a')], { timeoutMs: 1_000 });
    expect(positions.map(({ topic }) => topic)).toEqual(['a', 'b', 'a']);
    const page = await metrics.registry.metrics();
    expect(page).toContain(
      'messaging_client_sent_messages_total{messaging_destination_name="a",error_type="",service_name="test"} 2',
    );
    expect(page).toMatch(/messaging_client_operation_duration_seconds_count\{.*messaging_destination_name="b".*\} 1/);
    await producer.close();
    await driver.close();
  });

  it('passes errors on', async () => {
    const metrics = createMetrics({ service: 'test' });
    const failure = new EventError('SEND_FAILED', 'no broker', { retryable: true });
    const inner = createInMemoryDriver();
    const failing = { ...inner, createProducer: async () => ({ send: () => Promise.reject(failure), close: async () => {} }) };
    const producer = await measureSends(failing, metrics).createProducer({ name: 'test' });
    await expect(producer.send([record('a')], { timeoutMs: 1_000 })).rejects.toBe(failure);
    expect(await metrics.registry.metrics()).toContain('error_type="SEND_FAILED",service_name="test"} 1');
    await inner.close();
  });
});
