import Encoder from 'kafkajs/src/protocol/encoder.js';
import produce from 'kafkajs/src/protocol/requests/produce/index.js';
import { encodeProduceRequest } from './encode-produce-request.ts';

const isRepaired = Symbol('throughline.fastProduce');

/**
 * kafkajs 2.2.4 encodes a record through an encoder with a buffer of its own for the record and for each of its headers, and a buffer for every integer: with ten headers
 * 30 µs a record, twice what all the rest of a publish costs. Here a request is written in one pass. Applies to the process' kafkajs, to uncompressed requests of versions 3 and up.
 */
export function repairProduceEncoding(): void {
  const { protocol } = produce;
  if (isRepaired in protocol) return;
  const repaired: typeof protocol = ({ version }) => {
    const original = protocol({ version });
    if (Number(version) < 3) return original;
    return (request) => {
      const made = original(request);
      if ((request.compression ?? 0) !== 0) return made;
      return {
        ...made,
        request: { ...made.request, encode: async () => encoderOf(encodeProduceRequest(request)) },
      };
    };
  };
  produce.protocol = Object.assign(repaired, { [isRepaired]: true });
}

/** As kafkajs wants it, without another copy. */
function encoderOf(bytes: Buffer): Encoder {
  return Object.assign(new Encoder(1), { buf: bytes, offset: bytes.length });
}
