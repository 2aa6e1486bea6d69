declare module 'kafkajs/src/protocol/encoder.js' {
  /** The part of kafkajs' encoder (2.2.4) that `repairProduceEncoding` touches. */
  class Encoder {
    constructor(initialSize?: number);
    buf: Buffer;
    offset: number;
    /** What was written. */
    readonly buffer: Buffer;
  }
  export = Encoder;
}

declare module 'kafkajs/src/protocol/requests/produce/index.js' {
  import type Encoder from 'kafkajs/src/protocol/encoder.js';
  import type { ProduceRequest } from './encode-produce-request.ts';

  /** One version of the request: how it is written and its answer read. */
  interface MadeRequest {
    readonly request: { readonly apiVersion: number; readonly encode: () => Promise<Encoder> };
    readonly response: unknown;
  }

  /** The part of kafkajs' produce request (2.2.4) that `repairProduceEncoding` touches. */
  const definition: {
    protocol: (options: {
      version: number | string;
    }) => (request: ProduceRequest & { readonly compression?: number }) => MadeRequest;
  };
  export = definition;
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  function crc32C(bytes: Buffer): number;
  export = crc32C;
}

declare module 'kafkajs/src/producer/partitioners/default/murmur2.js' {
  function murmur2(key: Buffer): number;
  export = murmur2;
}

declare module 'kafkajs/src/protocol/requests/produce/v7/request.js' {
  import type Encoder from 'kafkajs/src/protocol/encoder.js';
  import type { ProduceRequest } from './encode-produce-request.ts';

  function request(given: ProduceRequest): { encode(): Promise<Encoder> };
  export = request;
}
