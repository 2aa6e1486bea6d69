import { integer, text } from '@throughline/service';
import { decisiveSettings } from './decisive-settings.ts';

it('are those with which the topics or the rights of a service are others', () => {
  const settings = decisiveSettings({
    TOPIC_FIELDS: {
      group: text('GROUP', { default: 'shop.billing' }),
      firstDelayS: integer('FIRST_DELAY_S', { min: 1, default: 1 }),
      timeoutMs: integer('TIMEOUT_MS', { min: 400, default: 1_000 }),
    },
    topicsOf: ({ group, firstDelayS }) => ({
      publishes: [],
      subscriptions: [
        { group: String(group), topics: ['shop.orders.v1'], order: 'none', retry: { delays: [`${Number(firstDelayS)}s`] } },
      ],
    }),
  });
  expect(settings).toEqual({ topics: ['FIRST_DELAY_S'], rights: ['GROUP'] });
});
