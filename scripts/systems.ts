/** What a service's environment is made of; addresses are known before the first service starts. */
export interface SystemContext {
  /** Where people and browsers reach the edge, such as `http://localhost:8080`. */
  readonly edgeUrl: string;
  /** Folder for files a service keeps, of this data directory. */
  readonly dataDir: string;
  /** `http://127.0.0.1:<HTTP port>` of a service. */
  readonly httpUrl: (service: string) => string;
  /** `http://127.0.0.1:<OPS port>` of a service. */
  readonly opsUrl: (service: string) => string;
  /** Names of the services that run, the edge left out. */
  readonly services: readonly string[];
  /** A generated secret that stays the same from start to start; 32 random bytes as base64. */
  readonly secret: (name: string) => string;
  readonly administrator: { readonly email: string; readonly password: string };
}

/** A service the local stack runs. */
export interface ServiceDeclaration {
  readonly name: string;
  /** Its main file, from the repository's root. */
  readonly entry: string;
  /** Wished ports; all but the edge's move when they are taken. */
  readonly ports: { readonly http: number; readonly ops: number };
  /** Its database and the role that owns it; none for a service without one. */
  readonly database?: string;
  /** The edge leads to it; its variables there are `STORAGE_AUTH_URL` and `STORAGE_AUTH_OPS_URL` for `storage-auth`. */
  readonly isBehindEdge?: boolean;
  /** How far it stands back where all share a machine, 1 to 19. (Default: not at all) */
  readonly niceness?: number;
  /** What it needs beyond the variables every service gets. */
  readonly env: (context: SystemContext) => Readonly<Record<string, string>>;
}

/** Port of the edge unless another is asked for. */
export const EDGE_PORT = 8080;

/** In every system: who uses one logs in here. */
const auth: ServiceDeclaration = {
  name: 'storage-auth',
  entry: 'services/storage/auth/src/main.ts',
  ports: { http: 8101, ops: 9101 },
  database: 'storage_auth',
  isBehindEdge: true,
  env: ({ administrator, secret }) => ({
    ADMIN_EMAIL: administrator.email,
    ADMIN_PASSWORD: administrator.password,
    KEY_ENCRYPTION_SECRET: secret('keyEncryptionSecret'),
  }),
};

const objectStorage: readonly ServiceDeclaration[] = [
  auth,
  {
    name: 'storage-bucket',
    entry: 'services/storage/bucket/src/main.ts',
    ports: { http: 8102, ops: 9102 },
    database: 'storage_bucket',
    isBehindEdge: true,
    env: ({ secret }) => ({ INTERNAL_TOKEN: secret('internalToken') }),
  },
  {
    name: 'storage-object',
    entry: 'services/storage/object/src/main.ts',
    ports: { http: 8103, ops: 9103 },
    database: 'storage_object',
    isBehindEdge: true,
    env: ({ dataDir, httpUrl, secret }) => ({
      DATA_DIR: `${dataDir}/objects`,
      BUCKET_URL: httpUrl('storage-bucket'),
      INTERNAL_TOKEN: secret('internalToken'),
    }),
  },
  {
    name: 'storage-metadata',
    entry: 'services/storage/metadata/src/main.ts',
    ports: { http: 8104, ops: 9104 },
    database: 'storage_metadata',
    isBehindEdge: true,
    env: () => ({}),
  },
];

const orderIntake: readonly ServiceDeclaration[] = [
  auth,
  {
    name: 'intake-api',
    entry: 'services/intake/api/src/main.ts',
    ports: { http: 8111, ops: 9111 },
    isBehindEdge: true,
    env: () => ({}),
  },
  {
    name: 'intake-worker',
    entry: 'services/intake/worker/src/main.ts',
    ports: { http: 8112, ops: 9112 },
    database: 'intake_worker',
    isBehindEdge: true,
    // Its queue can wait; who places an order does.
    niceness: 10,
    env: () => ({}),
  },
];

/** Every system that exists, by the name `--only` takes. */
export const systems: Readonly<Record<string, readonly ServiceDeclaration[]>> = { storage: objectStorage, intake: orderIntake };

/** The services of some systems; one that is in several of them is there once. */
export function servicesOf(systemNames: readonly string[]): readonly ServiceDeclaration[] {
  return [...new Set(systemNames.flatMap((name) => systems[name] ?? []))];
}

/** What operators look through, beside whatever systems run. */
export const operatorConsole: ServiceDeclaration = {
  name: 'console',
  entry: 'services/console/src/main.ts',
  ports: { http: 8105, ops: 9105 },
  database: 'console',
  env: ({ opsUrl, services }) => ({
    OPERATIONS_URLS: services.map(opsUrl).join(','),
  }),
};

/** The entrance in front of all systems. It starts last and stops first. */
export const edge: ServiceDeclaration = {
  name: 'edge',
  entry: 'services/edge/src/main.ts',
  ports: { http: EDGE_PORT, ops: 9100 },
  env: ({ httpUrl, opsUrl, services }) => {
    const known = servicesOf(Object.keys(systems)).filter(({ name }) => services.includes(name));
    const addresses = known
      .filter(({ isBehindEdge }) => isBehindEdge)
      .flatMap(({ name }) => {
        const prefix = name.toUpperCase().replaceAll('-', '_');
        return [
          [`${prefix}_URL`, httpUrl(name)],
          [`${prefix}_OPS_URL`, opsUrl(name)],
        ];
      });
    return { ...Object.fromEntries(addresses), CONSOLE_OPS_URL: opsUrl(operatorConsole.name) };
  },
};
