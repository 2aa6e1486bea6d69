-- What people decide about failures, and the jobs that carry larger decisions out.

-- A number to page and to bound jobs by.
ALTER TABLE dead_letters ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;
-- replayed and edited are on their way back; resolved was handled after a replay.
ALTER TABLE dead_letters ADD CONSTRAINT dead_letters_status CHECK (status IN ('waiting', 'replayed', 'edited', 'resolved', 'discarded'));
CREATE UNIQUE INDEX dead_letters_seq ON dead_letters (seq);
CREATE INDEX dead_letters_group_waiting ON dead_letters (consumer_group, seq) WHERE status = 'waiting';
DROP INDEX dead_letters_waiting;

-- Who decided what; written in the transaction of the decision, never changed and never removed.
CREATE TABLE audit_log (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  operator text NOT NULL,
  action text NOT NULL,
  -- The id of the outbox row's event, the dead letter or the job, or the name of the group.
  subject text NOT NULL,
  consumer_group text,
  detail jsonb NOT NULL
);
CREATE INDEX audit_log_subject ON audit_log (subject, seq);

CREATE TABLE backbone_jobs (
  job_id uuid PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL CHECK (kind IN ('dead-letters', 'side', 'rewind')),
  consumer_group text NOT NULL,
  parameters jsonb NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
  is_cancel_requested boolean NOT NULL DEFAULT false,
  -- How far it is: where another replica goes on after a crash.
  checkpoint jsonb NOT NULL DEFAULT '{}',
  progress jsonb NOT NULL DEFAULT '{"done": 0, "total": null, "skipped": 0, "failed": 0}',
  -- The first failures, for people.
  failures jsonb NOT NULL DEFAULT '[]',
  operator text NOT NULL,
  error text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at timestamptz,
  ended_at timestamptz,
  lease_owner text,
  lease_expires_at timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE UNIQUE INDEX backbone_jobs_seq ON backbone_jobs (seq);
CREATE INDEX backbone_jobs_open ON backbone_jobs (seq) WHERE state IN ('waiting', 'running');
-- Two at a time would set the offsets of one group against each other.
CREATE UNIQUE INDEX backbone_jobs_one_rewind ON backbone_jobs (consumer_group) WHERE kind = 'rewind' AND state IN ('waiting', 'running');

-- What a group's members are to do; without a row they run.
CREATE TABLE group_controls (
  consumer_group text PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('running', 'paused', 'rewinding')),
  -- While rewinding: what comes after it, and the job that answers for it.
  state_after text CHECK (state_after IN ('running', 'paused')),
  job_id uuid REFERENCES backbone_jobs (job_id),
  operator text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK ((state = 'rewinding') = (job_id IS NOT NULL AND state_after IS NOT NULL))
);
