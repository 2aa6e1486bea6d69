declare module 'kafkajs/src/protocol/requests/metadata/index.js' {
  interface MetadataExchange {
    readonly request: unknown;
    readonly response: { decode(bytes: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
  }
  type Metadata = (request: { readonly topics: readonly string[] }) => MetadataExchange;
  /** The part of kafkajs' metadata protocol (2.2.4) that `repairMetadata` touches. */
  const metadata: { protocol(options: { version: number | string }): Metadata };
  export = metadata;
}
