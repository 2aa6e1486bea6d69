/** Headers of a record as they travel: bytes, a name may repeat. */
export type RecordHeaders = Readonly<Record<string, Buffer | readonly Buffer[]>>;

/** The same headers as text, of a record that has nothing but ASCII in them and no name twice. */
export type HeaderTexts = Readonly<Record<string, string>>;

/** CloudEvents binary-mode attributes and trace context; the whole infrastructure works on these and never parses a value. */
export interface EventHeaders {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly subject?: string;
  readonly dataSchema?: string;
  readonly contentType?: string;
  readonly partitionKey?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
}
