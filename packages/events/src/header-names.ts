import type { AttributeName } from './attribute-fault.ts';

// CloudEvents 1.0, Kafka protocol binding, binary content mode: `ce_` + attribute name, `content-type` = datacontenttype.
export const SPEC_VERSION_HEADER = 'ce_specversion';
export const SPEC_VERSION = '1.0';
export const TIME_HEADER = 'ce_time';
export const CONTENT_TYPE_HEADER = 'content-type';

type AttributeField = 'id' | 'source' | 'type' | 'subject' | 'dataSchema' | 'partitionKey' | 'correlationId' | 'causationId';

interface AttributeHeader {
  readonly header: string;
  readonly attribute: AttributeName;
  readonly field: AttributeField;
  readonly isRequired: boolean;
}

/** Every attribute that is plain text, in the order in which it is written and checked. */
export const ATTRIBUTE_HEADERS: readonly AttributeHeader[] = [
  { header: 'ce_id', attribute: 'id', field: 'id', isRequired: true },
  { header: 'ce_source', attribute: 'source', field: 'source', isRequired: true },
  { header: 'ce_type', attribute: 'type', field: 'type', isRequired: true },
  { header: 'ce_subject', attribute: 'subject', field: 'subject', isRequired: false },
  { header: 'ce_dataschema', attribute: 'dataschema', field: 'dataSchema', isRequired: false },
  { header: 'ce_partitionkey', attribute: 'partitionkey', field: 'partitionKey', isRequired: false },
  { header: 'ce_correlationid', attribute: 'correlationid', field: 'correlationId', isRequired: false },
  { header: 'ce_causationid', attribute: 'causationid', field: 'causationId', isRequired: false },
];
