import { isHealthy } from './running-installation.ts';

/** Whether the services behind an entrance are ready, as an edge says; an Ingress cannot say, and is ready when the keys of tokens come through it. */
export async function isEntranceReady(url: string): Promise<boolean> {
  return (await isHealthy(url)) || ((await statusOf(url, '/healthz')) === 404 && (await statusOf(url, KEYS_PATH)) === 200);
}

const KEYS_PATH = '/storage/auth/.well-known/jwks.json';

async function statusOf(url: string, path: string): Promise<number | undefined> {
  try {
    const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return undefined;
  }
}
