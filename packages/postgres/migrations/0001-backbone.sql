-- Events waiting to be sent, one row a record. Debezium's names where its outbox event router has one.
CREATE TABLE outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL,
  aggregatetype text NOT NULL,
  aggregateid text NOT NULL,
  type text NOT NULL,
  payload bytea,
  -- A value is text, {"base64": …} for bytes that are not text, or an array of these for a name that repeats.
  headers jsonb NOT NULL,
  topic text NOT NULL,
  record_key bytea,
  -- Hash of (aggregatetype, aggregateid), computed by the writer; never changed.
  shard smallint NOT NULL,
  -- 0 new, 1 sent, 2 waits behind its key's blocked head (or is that head), 3 failed, 4 discarded
  status smallint NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);
-- What the relay reads: a row leaves it when it is sent or must wait, so a drain costs the same however long the backlog is.
CREATE INDEX outbox_new ON outbox (shard, seq) WHERE status = 0;
CREATE INDEX outbox_waiting ON outbox (aggregatetype, aggregateid, seq) WHERE status = 2;
CREATE INDEX outbox_failed ON outbox (seq) WHERE status = 3;
CREATE INDEX outbox_settled ON outbox (sent_at) WHERE status IN (1, 4);

-- Keys whose head could not be sent. Rows of the key up to released_seq may go, later ones wait.
CREATE TABLE outbox_blocked_keys (
  shard smallint NOT NULL,
  aggregatetype text NOT NULL,
  aggregateid text NOT NULL,
  head_seq bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('backing-off', 'failed', 'releasing')),
  released_seq bigint NOT NULL,
  next_attempt_at timestamptz,
  blocked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, aggregatetype, aggregateid)
);

CREATE TABLE outbox_shard_leases (
  shard smallint PRIMARY KEY,
  owner text,
  -- Rises with each change of owner; what an owner writes carries it.
  epoch bigint NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL DEFAULT '-infinity',
  -- From when no send of a former owner can still be under way.
  settled_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO outbox_shard_leases (shard) SELECT generate_series(0, 63);

CREATE TABLE outbox_relays (
  owner text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);

-- Not partitioned: see the decision on processed events in docs/adr.
CREATE TABLE processed_events (
  consumer_group text NOT NULL,
  source text NOT NULL,
  event_id text NOT NULL,
  processed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, source, event_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE INDEX processed_events_processed_at ON processed_events (processed_at);

CREATE TABLE handling_attempts (
  consumer_group text NOT NULL,
  source text NOT NULL,
  event_id text NOT NULL,
  attempts integer NOT NULL,
  last_attempt_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, source, event_id)
);
CREATE INDEX handling_attempts_last_attempt_at ON handling_attempts (last_attempt_at);

CREATE TABLE dead_letters (
  -- UUIDv5 of (group, original topic, partition, offset)
  dlq_id uuid PRIMARY KEY,
  consumer_group text NOT NULL,
  source text NOT NULL,
  event_id text NOT NULL,
  event_type text,
  reason text NOT NULL,
  original_topic text NOT NULL,
  original_partition integer NOT NULL,
  original_offset bigint NOT NULL,
  original_timestamp timestamptz NOT NULL,
  record_key bytea,
  value bytea,
  headers jsonb NOT NULL,
  attempts integer NOT NULL,
  first_failed_at timestamptz NOT NULL,
  last_failed_at timestamptz NOT NULL,
  error_class text NOT NULL,
  error_message text NOT NULL,
  error_stack text NOT NULL,
  replay_count integer NOT NULL,
  status text NOT NULL DEFAULT 'waiting',
  created_at timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz
);
CREATE INDEX dead_letters_waiting ON dead_letters (consumer_group, created_at) WHERE status = 'waiting';
CREATE INDEX dead_letters_event ON dead_letters (event_id);

CREATE TABLE idempotency_keys (
  caller text NOT NULL,
  operation text NOT NULL,
  key text NOT NULL,
  token uuid NOT NULL,
  is_done boolean NOT NULL DEFAULT false,
  fingerprint text,
  -- json, not jsonb: an answer is repeated as it was given, with the order of its fields.
  answer json,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (caller, operation, key)
);
CREATE UNIQUE INDEX idempotency_keys_token ON idempotency_keys (token);
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

CREATE TABLE backbone_leases (
  name text PRIMARY KEY,
  owner text NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE TABLE backbone_meta (
  name text PRIMARY KEY,
  value text NOT NULL
);
INSERT INTO backbone_meta (name, value) VALUES ('incarnation', gen_random_uuid()::text);
