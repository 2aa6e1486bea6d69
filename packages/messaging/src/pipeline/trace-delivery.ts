import { ATTRIBUTES, isSampled, type OpenSpan, openSpan, SPANS } from '@throughline/telemetry';
import type { Delivery } from './delivery.ts';

/**
 * The span of a record, child of the event's birth and linked to it; undefined for an event whose trace nobody records: that costs more than handling it, and shows nothing.
 */
export function openDeliverySpan(delivery: Delivery): OpenSpan | undefined {
  const { traceparent, tracestate } = delivery.key;
  if (traceparent === undefined || !isSampled(traceparent)) return undefined;
  return openSpan({
    name: SPANS.process(delivery.record.topic),
    attributes: attributesOf(delivery),
    parent: { traceparent, ...(tracestate !== undefined && { tracestate }) },
  });
}

function attributesOf({ record, key }: Delivery): Record<string, string | number | boolean> {
  return {
    [ATTRIBUTES.messagingSystem]: 'kafka',
    [ATTRIBUTES.messagingOperationName]: 'process',
    [ATTRIBUTES.messagingOperationType]: 'process',
    [ATTRIBUTES.messagingDestinationName]: record.topic,
    [ATTRIBUTES.messagingDestinationPartitionId]: String(record.partition),
    [ATTRIBUTES.messagingConsumerGroupName]: key.group,
    [ATTRIBUTES.messagingKafkaOffset]: Number(record.offset),
    [ATTRIBUTES.messagingMessageId]: key.id,
    ...(key.type !== undefined && { [ATTRIBUTES.eventType]: key.type }),
    ...(key.correlationId !== undefined && { [ATTRIBUTES.messagingMessageConversationId]: key.correlationId }),
    ...(record.key !== null && { [ATTRIBUTES.messagingKafkaMessageKey]: record.key.toString('utf8') }),
    ...(record.value === null && { [ATTRIBUTES.messagingKafkaMessageTombstone]: true }),
  };
}
