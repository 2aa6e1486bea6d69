declare module 'kafkajs/src/protocol/requests/fetch/index.js' {
  interface FetchExchange {
    readonly request: unknown;
    readonly response: { decode(bytes: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
    readonly requestTimeout: number;
  }
  type Fetch = (request: object) => FetchExchange;
  /** The part of kafkajs' fetch protocol (2.2.4) that `repairFetchDecoding` touches. */
  const fetch: { protocol(options: { version: number | string }): Fetch };
  export = fetch;
}
