-- Keys of groups with `order: key` behind whose head others wait: one row a blocked key, and the lock under which its records are appended, tried and removed.
CREATE TABLE parked_keys (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  -- The record key, or its hash where it would not fit into an index.
  key_id bytea NOT NULL,
  head_position bigint NOT NULL,
  -- Rises when another record becomes the head or a person decides about it: what was taken before is no longer valid.
  revision integer NOT NULL DEFAULT 0,
  -- With the head.
  parked_records integer NOT NULL DEFAULT 0,
  -- From here on of the head alone.
  attempts integer NOT NULL DEFAULT 0,
  -- NULL: it waits for a person.
  next_attempt_at timestamptz,
  first_failed_at timestamptz,
  last_error text,
  -- The dead letter that it made.
  dlq_id uuid,
  replay_count integer NOT NULL DEFAULT 0,
  blocked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, topic, key_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX parked_keys_due ON parked_keys (consumer_group, next_attempt_at);
CREATE INDEX parked_keys_dlq_id ON parked_keys (dlq_id) WHERE dlq_id IS NOT NULL;

CREATE TABLE parked_events (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  key_id bytea NOT NULL,
  -- Drawn under the lock of the key's block: the order in which the key's records go on.
  position bigint GENERATED ALWAYS AS IDENTITY,
  source text NOT NULL,
  event_id text NOT NULL,
  -- Source, id and type as they are, in JSON: Postgres cannot hold all of them, nor index the long ones.
  identity text NOT NULL,
  record_topic text NOT NULL,
  record_partition integer NOT NULL,
  record_offset bigint NOT NULL,
  record_timestamp timestamptz NOT NULL,
  record_key bytea,
  value bytea,
  headers jsonb NOT NULL,
  original_topic text NOT NULL,
  original_partition integer NOT NULL,
  original_offset bigint NOT NULL,
  original_timestamp timestamptz NOT NULL,
  -- A person put it in the place of another.
  is_edited boolean NOT NULL DEFAULT false,
  parked_at timestamptz NOT NULL DEFAULT now(),
  -- No index begins with the position: the first of one key must never be looked for among all keys.
  PRIMARY KEY (consumer_group, topic, key_id, position)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE UNIQUE INDEX parked_events_event ON parked_events (event_id, source, consumer_group);
