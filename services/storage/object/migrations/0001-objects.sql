-- Buckets as this service knows them: from the bucket service's answers to writes, and from bucket events. docs/adr/0006.
create table buckets (
  bucket_id uuid primary key,
  owner_id text not null,
  name text not null,
  versioning_enabled boolean not null,
  -- Of the bucket service; what is older than what is known here is ignored. -1: known only from an event without revision.
  revision bigint not null,
  created_at timestamptz not null,
  -- When the present versioning became known; orders events that carry no revision.
  as_of timestamptz not null,
  -- Set once and never cleared: a deleted bucketId does not come back.
  deleted_at timestamptz
);
create index buckets_by_name on buckets (owner_id, name, created_at desc) where deleted_at is null;

create table objects (
  object_id uuid primary key,
  bucket_id uuid not null references buckets,
  bucket_name text not null,
  owner_id text not null,
  -- Collation "C": the order of a listing and its prefix ranges is that of UTF-8 bytes.
  name text collate "C" not null,
  description text not null,
  tags text[] not null,
  access_level text not null check (access_level in ('PRIVATE', 'PUBLIC')),
  version_id uuid not null,
  blob_id uuid not null,
  size bigint not null check (size >= 0),
  etag text not null,
  content_type text not null,
  revision bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index objects_by_name on objects (bucket_id, name);
-- Readers without a token name a bucket and an object, not an owner.
create index objects_public on objects (bucket_name, name) where access_level = 'PUBLIC';

create table object_versions (
  version_id uuid primary key,
  object_id uuid not null references objects,
  blob_id uuid not null,
  size bigint not null,
  etag text not null,
  content_type text not null,
  access_level text not null check (access_level in ('PRIVATE', 'PUBLIC')),
  created_at timestamptz not null
);
create index object_versions_by_object on object_versions (object_id, created_at desc);
create index object_versions_by_blob on object_versions (blob_id);

-- What an owner stores is the sum of the owner's rows. A single one would be locked by each upload until its commit is on disk.
create table owner_usage (
  owner_id text not null,
  slot smallint not null,
  bytes bigint not null,
  objects bigint not null,
  primary key (owner_id, slot)
);

-- An upload in progress in any replica. Its row is made before its first byte is on disk and goes in the transaction that makes a version of it,
-- so a file that neither this table nor object_versions knows belongs to nobody.
create table uploads (
  upload_id uuid primary key,
  heartbeat_at timestamptz not null
);
create index uploads_by_heartbeat on uploads (heartbeat_at);

-- Bytes that lost their last version; unlinked after the commit.
create table blob_removals (
  blob_id uuid primary key,
  queued_at timestamptz not null default now()
);

-- Deleted buckets whose objects are still being deleted.
create table bucket_cascades (
  bucket_id uuid primary key references buckets,
  correlation_id text not null,
  causation_id text not null,
  traceparent text,
  queued_at timestamptz not null default now()
);

-- When a periodic job last began, so that one replica at a time runs it.
create table job_starts (
  job text primary key,
  started_at timestamptz not null
);
