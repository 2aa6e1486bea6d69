-- What people write who do it by hand; `balances` is in migrations/0001-balances.sql.
CREATE TABLE processed (
  event_id text PRIMARY KEY,
  processed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE hand_outbox (
  id bigserial PRIMARY KEY,
  topic text NOT NULL,
  key text NOT NULL,
  payload text NOT NULL,
  headers jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz
);
CREATE INDEX hand_outbox_unsent ON hand_outbox (id) WHERE sent_at IS NULL;
