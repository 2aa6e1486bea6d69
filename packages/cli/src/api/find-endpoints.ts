import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Endpoint } from './operations-client.ts';

export interface EndpointOptions {
  readonly urls: readonly string[];
  readonly consoleUrl: string | undefined;
  readonly tokenFile: string | undefined;
  /** Data directory of a local stack. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Endpoints {
  /** Ops addresses of services. */
  readonly services: readonly Endpoint[];
  /** Where journeys are told, if that is known. */
  readonly console: Endpoint | undefined;
  /** Addresses of the local stack: some of its services serve no operations. */
  readonly isLocalStack: boolean;
}

/**
 * Where services are: `--url`, else THROUGHLINE_URLS, else what a running `npm start` noted. The local stack's token goes to the local stack alone.
 * @throws {CliError} `USAGE` when nothing says where, or with what token
 */
export function findEndpoints(options: EndpointOptions): Endpoints {
  const { env, dataDir } = options;
  const token = givenToken(options);
  const given = options.urls.length > 0 ? options.urls : split(env.THROUGHLINE_URLS);
  const consoleUrl = options.consoleUrl ?? env.THROUGHLINE_CONSOLE_URL;
  if (given.length > 0) {
    if (token === undefined) throw new CliError('USAGE', 'No token: set THROUGHLINE_TOKEN or give --token-file');
    const endpoint = (url: string): Endpoint => ({ url: checkedUrl(url), token });
    return {
      services: given.map(endpoint),
      console: consoleUrl === undefined ? undefined : endpoint(consoleUrl),
      isLocalStack: false,
    };
  }
  const noted = readJson(join(dataDir, 'run', 'addresses.json'));
  if (noted === undefined)
    throw new CliError('USAGE', 'No services: npm start is not running here, and neither --url nor THROUGHLINE_URLS is given');
  const local = token ?? readJson<Record<string, string>>(join(dataDir, 'secrets.json'))?.operationsToken;
  if (local === undefined) throw new CliError('USAGE', `No token: ${join(dataDir, 'secrets.json')} holds none`);
  const services = (noted as { services: Readonly<Record<string, { httpUrl: string; opsUrl: string }>> }).services;
  const localConsole = services.console?.httpUrl;
  return {
    services: Object.values(services).map(({ opsUrl }) => ({ url: opsUrl, token: local })),
    console:
      consoleUrl !== undefined
        ? { url: checkedUrl(consoleUrl), token }
        : localConsole === undefined
          ? undefined
          : { url: localConsole, token: local },
    isLocalStack: true,
  };
}

function givenToken({ tokenFile, env }: EndpointOptions): string | undefined {
  if (tokenFile === undefined) return env.THROUGHLINE_TOKEN?.trim() || undefined;
  try {
    return readFileSync(tokenFile, 'utf8').trim();
  } catch (cause) {
    throw new CliError('USAGE', `--token-file ${tokenFile} cannot be read`, { cause });
  }
}

function split(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new CliError('USAGE', `${text} is not an http(s) URL`);
  return url.href.replace(/\/+$/, '');
}

function readJson<Value>(file: string): Value | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Value;
  } catch {
    return undefined;
  }
}
