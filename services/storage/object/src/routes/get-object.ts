import { type Answer, defineRoute, type Route, type RouteContext } from '@throughline/http';
import { Type } from 'typebox';
import type { BlobStore } from '../adapters/blob-store.ts';
import type { ObjectReader } from '../adapters/find-object.ts';
import { mayRead } from '../domain/access.ts';
import type { StoredObject } from '../domain/stored-object.ts';
import { OBJECT_NAME_CHECK, OBJECT_PATH } from './object-path.ts';
import { objectNotFound } from './problems.ts';
import { isBucketName } from './resolve-bucket.ts';
import type { SendFile } from './send-file.ts';
import { type SentObject, sendObject } from './send-object.ts';

const VERSION_QUERY = Type.Object({
  versionId: Type.Optional(Type.String({ format: 'uuid', description: 'A former version instead of the present one.' })),
});

const RESPONSES = {
  200: { description: 'The bytes.', contentType: 'application/octet-stream' },
  206: { description: 'The range asked for.', contentType: 'application/octet-stream' },
  304: { description: 'Not modified.' },
  404: { description: '`object_not_found`: there is none, or it is not for the caller.' },
  412: { description: '`precondition_failed`' },
  416: { description: '`range_not_satisfiable`' },
};

interface ReadDependencies {
  readonly reader: ObjectReader;
  readonly blobs: BlobStore;
  readonly sendFile: SendFile;
}

/** `GET|HEAD …/buckets/{bucket}/objects/{name}`: with a token the caller's bucket, without one the only bucket of that name with a PUBLIC object of that name. */
export function getObjectRoute(dependencies: ReadDependencies): Route {
  const { reader } = dependencies;
  return defineRoute({
    method: 'GET',
    path: '/storage/buckets/{bucket}/objects/{name+}',
    operationId: 'getObject',
    summary: 'Read an object',
    auth: 'optional',
    scopes: ['storage:read'],
    pathSchema: OBJECT_PATH,
    querySchema: VERSION_QUERY,
    fieldChecks: OBJECT_NAME_CHECK,
    responses: RESPONSES,
    handler: (context) => {
      const { bucket, name } = context.path;
      const callerId = context.principal?.userId;
      const find = () => (callerId === undefined ? reader.onlyPublic(bucket, name) : reader.ofOwner(callerId, bucket, name));
      return readObject(dependencies, context, find);
    },
  });
}

/** `GET|HEAD /storage/users/{ownerId}/…`: names the owner too, so that it always means one object; own or PUBLIC. */
export function getObjectOfUserRoute(dependencies: ReadDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/storage/users/{ownerId}/buckets/{bucket}/objects/{name+}',
    operationId: 'getObjectOfUser',
    summary: 'Read an object of a user',
    auth: 'optional',
    scopes: ['storage:read'],
    pathSchema: Type.Object({ ownerId: Type.String(), ...OBJECT_PATH.properties }),
    querySchema: VERSION_QUERY,
    fieldChecks: OBJECT_NAME_CHECK,
    responses: RESPONSES,
    handler: (context) => {
      const { ownerId, bucket, name } = context.path;
      if (!USER_ID.test(ownerId)) throw objectNotFound();
      return readObject(dependencies, context, () => dependencies.reader.ofOwner(ownerId, bucket, name));
    },
  });
}

const USER_ID = /^[\w-]{1,128}$/;
const LOOKUPS = 3;

type ReadContext = Pick<
  RouteContext<{ bucket: string; name: string }, { versionId?: string }, unknown, unknown>,
  'path' | 'query' | 'principal' | 'request' | 'response'
>;

/** Bytes may be replaced between lookup and opening; the next lookup finds the new ones. */
async function readObject(
  dependencies: ReadDependencies,
  context: ReadContext,
  find: () => Promise<StoredObject | undefined>,
): Promise<Answer | 'streamed'> {
  if (!isBucketName(context.path.bucket)) throw objectNotFound();
  for (let lookup = 1; lookup <= LOOKUPS; lookup += 1) {
    const object = await find();
    const sent = object && (await selectVersion(dependencies.reader, object, context));
    if (sent === undefined) throw objectNotFound();
    const answer = await sendObject(context, sent, dependencies);
    if (answer !== 'gone') return answer;
  }
  throw new Error(`The bytes of an object were missing at each of ${LOOKUPS} lookups.`);
}

async function selectVersion(reader: ObjectReader, object: StoredObject, context: ReadContext): Promise<SentObject | undefined> {
  const callerId = context.principal?.userId;
  const { versionId } = context.query;
  if (!mayRead(object, callerId)) return undefined;
  if (versionId === undefined)
    return {
      object,
      bytes: object,
      versionId: object.versionId,
      lastModified: object.updatedAt,
      isPublic: object.accessLevel === 'PUBLIC',
    };
  const version = await reader.version(object.objectId, versionId);
  if (version === undefined || !mayRead({ ...object, versionAccessLevel: version.accessLevel }, callerId)) return undefined;
  const isPublic = mayRead({ ...object, versionAccessLevel: version.accessLevel }, undefined);
  return { object, bytes: version, versionId: version.versionId, lastModified: version.createdAt, isPublic };
}
