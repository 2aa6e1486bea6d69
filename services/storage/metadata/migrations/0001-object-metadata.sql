-- pg_trgm is a trusted extension: the owner of the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Null = no event said it yet: an older event that arrives later may still fill it.
CREATE TABLE object_metadata (
  object_id uuid PRIMARY KEY,
  bucket_id uuid,
  owner_id text NOT NULL,
  bucket_name text NOT NULL,
  file_name text NOT NULL,
  -- Folded in the service: the database's locale must not decide what a search finds.
  file_name_folded text NOT NULL,
  description text,
  description_folded text,
  tags text[],
  access_level text CHECK (access_level IN ('PRIVATE', 'PUBLIC')),
  size bigint,
  content_type text,
  etag text,
  revision bigint,
  occurred_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE INDEX object_metadata_by_owner ON object_metadata (owner_id, created_at DESC, object_id DESC);
CREATE INDEX object_metadata_by_owner_bucket ON object_metadata (owner_id, bucket_name, created_at DESC, object_id DESC);
CREATE INDEX object_metadata_public ON object_metadata (created_at DESC, object_id DESC) WHERE access_level = 'PUBLIC';
CREATE INDEX object_metadata_public_by_bucket ON object_metadata (bucket_name, created_at DESC, object_id DESC) WHERE access_level = 'PUBLIC';
CREATE INDEX object_metadata_file_name ON object_metadata USING gin (file_name_folded gin_trgm_ops);
CREATE INDEX object_metadata_description ON object_metadata USING gin (description_folded gin_trgm_ops);
CREATE INDEX object_metadata_tags ON object_metadata USING gin (tags);

CREATE TABLE object_versions (
  version_id uuid PRIMARY KEY,
  object_id uuid NOT NULL REFERENCES object_metadata ON DELETE CASCADE,
  -- Of the change that this row shows: without versioning a version is written over under its id.
  revision bigint,
  created_at timestamptz NOT NULL,
  size bigint,
  etag text
);

CREATE INDEX object_versions_by_object ON object_versions (object_id, created_at DESC, version_id DESC);

-- An object's deletion is final. Kept for ever (about 60 bytes each): dead letters have no end either, and a replayed one must not bring an object back.
CREATE TABLE deleted_objects (
  object_id uuid PRIMARY KEY,
  deleted_at timestamptz NOT NULL
);
