import type { ConnectionOptions } from 'node:tls';
import { EventError } from '@throughline/events';
import type { KafkaConfig, SASLOptions } from 'kafkajs';

/** How brokers are told apart from others, and we from other clients. Both parts may be missing; a password is only sent through TLS. A function is asked at each connect, as both are renewed. */
export interface KafkaSecurity {
  /** PEM of the authorities that sign the brokers' certificates; given = TLS. */
  readonly certificateAuthorities?: string | (() => string) | undefined;
  /** SCRAM-SHA-512 (RFC 5802). */
  readonly credentials?: { readonly username: string; readonly password: string | (() => string) } | undefined;
}

/** @throws {EventError} `CONFIGURATION_REFUSED` for a login without TLS */
export function securityOf({ certificateAuthorities, credentials }: KafkaSecurity = {}): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  if (credentials !== undefined && certificateAuthorities === undefined) {
    throw new EventError(
      'CONFIGURATION_REFUSED',
      'kafka credentials need certificateAuthorities: a password is only sent through TLS',
    );
  }
  return {
    ...(certificateAuthorities !== undefined && { ssl: tlsWith(certificateAuthorities) }),
    ...(credentials !== undefined && { sasl: loginWith(credentials) }),
  };
}

/** kafkajs hands both objects on as they are, and each connection reads what it needs of them: hence the getters. */
function tlsWith(certificateAuthorities: string | (() => string)): ConnectionOptions {
  return {
    get ca() {
      return [currentOf(certificateAuthorities)];
    },
  };
}

function loginWith({ username, password }: NonNullable<KafkaSecurity['credentials']>): SASLOptions {
  return {
    mechanism: 'scram-sha-512',
    username,
    get password() {
      return currentOf(password);
    },
  };
}

function currentOf(value: string | (() => string)): string {
  return typeof value === 'string' ? value : value();
}
