CREATE TABLE buckets (
  -- New for each creation: a late event about a deleted bucket never means the next one of the same name.
  bucket_id uuid PRIMARY KEY,
  owner_id text NOT NULL,
  name text COLLATE "C" NOT NULL,
  versioning_enabled boolean NOT NULL,
  -- Rises by one with each change and travels in the events.
  revision integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- Serves the lookup by name and the list in order of names.
  UNIQUE (owner_id, name)
);
