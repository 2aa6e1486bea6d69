import { kafkaSettings, toImageEnvironment, toProperties } from './kafka-settings.ts';

const settings = kafkaSettings({
  clientPort: 19_092,
  listen: { host: '0.0.0.0', port: 9092 },
  controllerPort: 9093,
  logDir: '/data',
});

describe('kafkaSettings', () => {
  it('tells clients the port they can reach, whatever the broker binds', () => {
    expect(settings.listeners).toBe('PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093');
    expect(settings['advertised.listeners']).toBe('PLAINTEXT://127.0.0.1:19092');
  });

  it('is written as a properties file and as the variables of the image', () => {
    expect(toProperties(settings)).toContain('\nauto.create.topics.enable=false\n');
    expect(toImageEnvironment(settings)).toMatchObject({ KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false', KAFKA_LOG_DIRS: '/data' });
  });
});
