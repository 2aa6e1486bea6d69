/** One kind of request that every target gets. */
export interface Workload {
  readonly name: string;
  readonly method: 'GET' | 'PUT';
  readonly objectBytes: number;
  readonly connections: number;
  /** Objects that requests take turns on. Uploads of large ones write over each other, so that the disk does not fill. */
  readonly distinct: number;
}

const KIB = 1_024;
const MIB = KIB * KIB;

/** Objects put down for downloads, by size. */
export const STORED = { [4 * KIB]: 64, [8 * MIB]: 8 } as const;

export const WORKLOADS: readonly Workload[] = [
  { name: 'download-8MiB', method: 'GET', objectBytes: 8 * MIB, connections: 4, distinct: STORED[8 * MIB] ?? 1 },
  { name: 'download-4KiB', method: 'GET', objectBytes: 4 * KIB, connections: 16, distinct: STORED[4 * KIB] ?? 1 },
  { name: 'upload-8MiB', method: 'PUT', objectBytes: 8 * MIB, connections: 4, distinct: 16 },
  { name: 'upload-4KiB', method: 'PUT', objectBytes: 4 * KIB, connections: 16, distinct: 4_096 },
];

/** Name of a stored or uploaded object; `{n}` stays for the load generator. */
export function nameTemplate({ method, objectBytes }: Pick<Workload, 'method' | 'objectBytes'>): string {
  return `${method === 'GET' ? 'stored' : 'uploaded'}-${objectBytes}-{n}`;
}
