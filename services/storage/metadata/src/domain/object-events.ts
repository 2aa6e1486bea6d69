/** What OBJECT_CREATED and OBJECT_UPDATED say. Everything optional is missing in the seed's bare form. */
export interface ObjectWrittenPayload {
  readonly objectId: string;
  readonly bucketName: string;
  readonly fileName: string;
  readonly versionEnabled: boolean;
  readonly bucketId?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly accessLevel?: AccessLevel;
  readonly size?: number;
  readonly contentType?: string;
  readonly etag?: string;
  readonly versionId?: string;
  readonly createdAt?: string;
  readonly updatedAt?: string;
  readonly revision?: number;
}

/** What OBJECT_DELETED says. */
export interface ObjectDeletedPayload {
  readonly objectId: string;
  readonly bucketName: string;
  readonly fileName: string;
}

export type AccessLevel = 'PRIVATE' | 'PUBLIC';
