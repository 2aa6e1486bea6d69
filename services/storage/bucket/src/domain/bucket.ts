/** A bucket as its owner made it. */
export interface Bucket {
  /** Unique per creation. */
  readonly bucketId: string;
  readonly ownerId: string;
  /** Unique among its owner's. */
  readonly name: string;
  readonly versioningEnabled: boolean;
  /** 1 at creation, one more with each change. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What may be changed. */
export interface BucketSettings {
  readonly versioningEnabled: boolean;
}

/** The bucket with other settings, or undefined when they are what it has: then nothing changes and nothing is told. */
export function changeSettings(bucket: Bucket, settings: BucketSettings, now: Date): Bucket | undefined {
  if (bucket.versioningEnabled === settings.versioningEnabled) return undefined;
  return { ...bucket, ...settings, revision: bucket.revision + 1, updatedAt: now };
}
