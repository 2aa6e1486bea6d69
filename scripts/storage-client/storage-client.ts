import { expectStatus } from '../api-client/expect-status.ts';
import { type ApiReply, type ApiRequest, sendRequest } from '../api-client/send-request.ts';

/** What an upload answers. */
export interface UploadedObject {
  readonly objectId: string;
  readonly bucketName: string;
  readonly fileName: string;
  readonly size: number;
  readonly etag: string;
  readonly versionId?: string;
}

/** One hit of a search. */
export interface SearchItem {
  readonly objectId: string;
  readonly ownerId: string;
  readonly bucketName: string;
  readonly fileName: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly accessLevel: 'PRIVATE' | 'PUBLIC';
  readonly size: number;
  readonly versions: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface UploadOptions {
  readonly bucket: string;
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly accessLevel?: 'PRIVATE' | 'PUBLIC';
  readonly contentType?: string;
  readonly timeoutMs?: number;
}

export interface SearchQuery {
  readonly bucket?: string;
  readonly fileName?: string;
  readonly description?: string;
  readonly tags?: string;
  readonly limit?: number;
  readonly after?: string;
}

/** The storage API as one signed-in user calls it. Each operation throws {UnexpectedAnswerError} for any other status than its success. */
export interface StorageSession {
  readonly userId: string;
  readonly token: string;
  send(request: ApiRequest): Promise<ApiReply>;
  createBucket(
    name: string,
    options?: { versioningEnabled?: boolean },
  ): Promise<{ bucketId: string; name: string; versioningEnabled: boolean }>;
  setVersioning(bucket: string, versioningEnabled: boolean): Promise<void>;
  deleteBucket(bucket: string): Promise<void>;
  upload(options: UploadOptions): Promise<UploadedObject>;
  /** The answer to an upload, whatever its status. @throws when none came */
  tryUpload(options: UploadOptions): Promise<ApiReply>;
  updateObject(
    bucket: string,
    name: string,
    changes: { description?: string; tags?: string[]; accessLevel?: string },
  ): Promise<void>;
  download(bucket: string, name: string): Promise<Uint8Array>;
  /** Bytes with any status, e.g. to see a 404. */
  tryDownload(bucket: string, name: string): Promise<ApiReply>;
  deleteObject(bucket: string, name: string): Promise<void>;
  search(query: SearchQuery): Promise<Page<SearchItem>>;
  listVersions(objectId: string): Promise<Page<{ versionId: string; createdAt: string; size: number; etag: string }>>;
}

/** Registers a user. */
export async function registerUser(
  baseUrl: string,
  account: { email: string; password: string },
): Promise<{ userId: string; email: string }> {
  const reply = await expectStatus(baseUrl, { method: 'POST', path: '/storage/auth/register', json: account }, [201]);
  return reply.json();
}

/** Signs a registered user in. */
export async function signIn(
  baseUrl: string,
  account: { email: string; password: string; userId: string },
): Promise<StorageSession> {
  const { email, password, userId } = account;
  const reply = await expectStatus(baseUrl, { method: 'POST', path: '/storage/auth/login', json: { email, password } }, [200]);
  return createSession({ baseUrl, token: reply.json().accessToken, userId });
}

/** A session of a token that is there already. */
function createSession({ baseUrl, token, userId }: { baseUrl: string; token: string; userId: string }): StorageSession {
  const send = (request: ApiRequest) => sendRequest(baseUrl, { token, ...request });
  const expect = (request: ApiRequest, ...expected: number[]) => expectStatus(baseUrl, { token, ...request }, expected);
  return {
    userId,
    token,
    send,
    createBucket: async (name, options = {}) =>
      (await expect({ method: 'POST', path: '/storage/buckets', json: { name, ...options } }, 201)).json(),
    setVersioning: async (bucket, versioningEnabled) => {
      await expect({ method: 'PATCH', path: bucketPath(bucket), json: { versioningEnabled } }, 200);
    },
    deleteBucket: async (bucket) => {
      await expect({ method: 'DELETE', path: bucketPath(bucket) }, 204);
    },
    upload: async (options) => (await expect(uploadRequest(options), 201, 200)).json(),
    tryUpload: (options) => send(uploadRequest(options)),
    updateObject: async (bucket, name, changes) => {
      await expect({ method: 'PATCH', path: objectPath(bucket, name), json: changes }, 200);
    },
    download: async (bucket, name) => (await expect({ method: 'GET', path: objectPath(bucket, name) }, 200)).bytes,
    tryDownload: (bucket, name) => send({ method: 'GET', path: objectPath(bucket, name) }),
    deleteObject: async (bucket, name) => {
      await expect({ method: 'DELETE', path: objectPath(bucket, name) }, 204);
    },
    search: async (query) => (await expect({ method: 'GET', path: '/storage/search', query: { ...query } }, 200)).json(),
    listVersions: async (objectId) =>
      (await expect({ method: 'GET', path: `/storage/objects/${objectId}/versions` }, 200)).json(),
  };
}

/** Path of an object; the name's slashes stay, everything else is percent-encoded. */
export function objectPath(bucket: string, name: string): string {
  return `${bucketPath(bucket)}/objects/${name.split('/').map(encodeURIComponent).join('/')}`;
}

function bucketPath(bucket: string): string {
  return `/storage/buckets/${encodeURIComponent(bucket)}`;
}

function uploadRequest(options: UploadOptions): ApiRequest {
  const { bucket, name, bytes, description, tags, accessLevel, contentType, timeoutMs } = options;
  return {
    method: 'PUT',
    path: objectPath(bucket, name),
    bytes,
    headers: {
      'content-type': contentType ?? 'application/octet-stream',
      ...(description === undefined ? {} : { 'x-object-description': encodeURIComponent(description) }),
      ...(tags === undefined ? {} : { 'x-object-tags': tags.map(encodeURIComponent).join(',') }),
      ...(accessLevel === undefined ? {} : { 'x-object-access': accessLevel }),
    },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}
