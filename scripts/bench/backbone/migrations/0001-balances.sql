-- What a handler changes: one row a key, for our side and for the peers.
CREATE TABLE balances (
  key text PRIMARY KEY,
  amount bigint NOT NULL,
  updated_at timestamptz NOT NULL
);
