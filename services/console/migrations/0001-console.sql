-- What the headers of records say, one row a record. Partitions are days of the log; a day is dropped whole when its time to be kept is over.
CREATE TABLE indexed_events (
  day date NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  event_id text NOT NULL,
  source text,
  type text,
  event_time timestamptz,
  logged_at timestamptz NOT NULL,
  record_key text,
  trace_id text,
  correlation_id text,
  causation_id text,
  PRIMARY KEY (topic, partition, record_offset, day)
) PARTITION BY RANGE (day);
CREATE INDEX indexed_events_event ON indexed_events (event_id);
CREATE INDEX indexed_events_causation ON indexed_events (causation_id) WHERE causation_id IS NOT NULL;

-- What consumer groups said, one row an event; the key is its place in the topic of outcomes.
CREATE TABLE event_outcomes (
  day date NOT NULL,
  outcome_partition integer NOT NULL,
  outcome_offset bigint NOT NULL,
  position integer NOT NULL,
  event_id text NOT NULL,
  source text NOT NULL,
  consumer_group text NOT NULL,
  service text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  outcome text NOT NULL,
  attempt integer NOT NULL,
  detail text,
  ended_at timestamptz NOT NULL,
  duration_ms real NOT NULL,
  PRIMARY KEY (outcome_partition, outcome_offset, position, day)
) PARTITION BY RANGE (day);
CREATE INDEX event_outcomes_event ON event_outcomes (event_id);

CREATE TABLE canary_probes (
  event_id uuid PRIMARY KEY,
  sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  handled_at timestamptz,
  -- sent, handled, lost
  state text NOT NULL DEFAULT 'sent'
);
CREATE INDEX canary_probes_sent_at ON canary_probes (sent_at);
