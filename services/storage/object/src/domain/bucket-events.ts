/** Payload of BUCKET_UPDATED. `bucketId` and `revision` are missing in the bare form of the event. */
export interface BucketUpdatedPayload {
  readonly payloadType: 'BUCKET_UPDATED';
  readonly bucketName: string;
  readonly versioningEnabled: boolean;
  readonly bucketId?: string;
  readonly revision?: number;
}

/** Payload of BUCKET_DELETED. */
export interface BucketDeletedPayload {
  readonly payloadType: 'BUCKET_DELETED';
  readonly bucketName: string;
  readonly bucketId?: string;
  readonly revision?: number;
}
