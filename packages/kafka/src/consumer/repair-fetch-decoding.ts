import fetch from 'kafkajs/src/protocol/requests/fetch/index.js';
import { decodeFetchResponse } from './decode-fetch-response.ts';
import { UnsupportedBatch } from './record-batch.ts';

const FAST_VERSION = 11;
const isRepaired = Symbol('throughline.fastFetch');

/**
 * kafkajs 2.2.4 decodes a record through decoders and buffers of its own for the record and each of its headers, copies its headers' object once a header and makes strings of its numbers: more than
 * all the rest of a delivery costs. Here an answer is read in one pass. Applies to the process' kafkajs; what it does not know (compression) is left to kafkajs.
 */
export function repairFetchDecoding(): void {
  const { protocol } = fetch;
  if (isRepaired in protocol) return;
  const repaired: typeof protocol = (options) => {
    const original = protocol(options);
    if (Number(options.version) !== FAST_VERSION) return original;
    return (request) => {
      const made = original(request);
      return { ...made, response: { ...made.response, decode: (bytes) => decode(bytes, made.response.decode) } };
    };
  };
  fetch.protocol = Object.assign(repaired, { [isRepaired]: true });
}

async function decode(bytes: Buffer, decodeOfKafkajs: (bytes: Buffer) => Promise<unknown>): Promise<unknown> {
  try {
    return decodeFetchResponse(bytes);
  } catch (error) {
    if (error instanceof UnsupportedBatch) return decodeOfKafkajs(bytes);
    throw error;
  }
}
