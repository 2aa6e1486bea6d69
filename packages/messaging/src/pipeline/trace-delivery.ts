import { ATTRIBUTES, SPANS, type TraceHeaders, withEventId, withSpan } from '@throughline/telemetry';
import type { Concern, Delivery } from './delivery.ts';

/** One span a record, child of the event's birth and linked to it; log lines inside carry the event's id. */
export const traceDelivery: Concern = (next) => (delivery) => {
  const { topic } = delivery.record;
  const parent = parentOf(delivery);
  return withSpan(
    {
      name: SPANS.process(topic),
      kind: 'consumer',
      attributes: attributesOf(delivery),
      ...(parent !== undefined && { parent, links: [parent] }),
    },
    (span) =>
      withEventId(delivery.identity.id, async () => {
        const outcome = await next(delivery);
        span.setAttributes({ [ATTRIBUTES.eventOutcome]: outcome, [ATTRIBUTES.eventAttempt]: delivery.attempt });
        return outcome;
      }),
  );
};

function parentOf({ identity: { traceparent, tracestate } }: Delivery): TraceHeaders | undefined {
  return traceparent === undefined ? undefined : { traceparent, ...(tracestate !== undefined && { tracestate }) };
}

function attributesOf({ record, identity }: Delivery): Record<string, string | number | boolean> {
  return {
    [ATTRIBUTES.messagingSystem]: 'kafka',
    [ATTRIBUTES.messagingOperationName]: 'process',
    [ATTRIBUTES.messagingOperationType]: 'process',
    [ATTRIBUTES.messagingDestinationName]: record.topic,
    [ATTRIBUTES.messagingDestinationPartitionId]: String(record.partition),
    [ATTRIBUTES.messagingConsumerGroupName]: identity.group,
    [ATTRIBUTES.messagingKafkaOffset]: Number(record.offset),
    [ATTRIBUTES.messagingMessageId]: identity.id,
    ...(identity.type !== undefined && { [ATTRIBUTES.eventType]: identity.type }),
    ...(identity.correlationId !== undefined && { [ATTRIBUTES.messagingMessageConversationId]: identity.correlationId }),
    ...(record.key !== null && { [ATTRIBUTES.messagingKafkaMessageKey]: record.key.toString('utf8') }),
    ...(record.value === null && { [ATTRIBUTES.messagingKafkaMessageTombstone]: true }),
  };
}
