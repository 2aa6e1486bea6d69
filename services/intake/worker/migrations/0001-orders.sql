CREATE TABLE orders (
  owner_id text NOT NULL,
  order_id text NOT NULL,
  -- What the client's request was known by; null for an event that did not come through the API.
  request_id uuid,
  event_id text NOT NULL,
  amount numeric(12, 2) NOT NULL,
  currency text NOT NULL,
  items jsonb,
  accepted_at timestamptz NOT NULL,
  processed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- More than 1 would mean that an event took effect twice.
  times_processed integer NOT NULL DEFAULT 1,
  attempts integer NOT NULL,
  -- The list's order is (stamp, seq), and it ends below the oldest transaction that is still open: numbers are given out before commits, and a reader's cursor must leave none behind.
  stamp xid8 NOT NULL DEFAULT pg_current_xact_id(),
  seq bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (owner_id, order_id),
  UNIQUE (owner_id, request_id)
);
CREATE INDEX orders_list ON orders (owner_id, stamp, seq);

-- Events about an order that was there already, and said something else: the first one stands.
CREATE TABLE order_conflicts (
  owner_id text NOT NULL,
  -- Of the order that stands; the one that was asked for is in the payload.
  order_id text NOT NULL,
  event_id text NOT NULL,
  request_id uuid,
  first_event_id text NOT NULL,
  payload jsonb NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (owner_id, order_id, event_id),
  FOREIGN KEY (owner_id, order_id) REFERENCES orders
);
