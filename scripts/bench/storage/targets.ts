import type { StorageSession } from '../../storage-client/storage-client.ts';
import type { ComparisonServer } from '../start-plain-server.ts';

/** Who is measured. */
export type TargetName = 'service' | 'edge' | 'plain-express' | 'nginx';

export interface Target {
  readonly name: TargetName;
  readonly host: string;
  readonly port: number;
  /** In front of the object's name. */
  readonly pathPrefix: string;
  readonly token?: string;
}

/** The object service at its own port and through the edge, as one user on one bucket. */
export function storageTargets(options: {
  objectUrl: string;
  edgeUrl: string;
  session: StorageSession;
  bucket: string;
}): Target[] {
  const { objectUrl, edgeUrl, session, bucket } = options;
  const shared = { pathPrefix: `/storage/buckets/${bucket}/objects/`, token: session.token, host: '127.0.0.1' };
  return [
    { name: 'service', port: Number(new URL(objectUrl).port), ...shared },
    { name: 'edge', port: Number(new URL(edgeUrl).port), ...shared },
  ];
}

/** A server that knows files only. */
export function comparisonTarget(name: TargetName, { port }: ComparisonServer): Target {
  return { name, host: '127.0.0.1', port, pathPrefix: '/files/' };
}
