-- Lives of the data: xids of a database that was restored from a dump begin anew, so what is ordered by them needs something before them.
CREATE TABLE event_store_epochs (
  epoch integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- System identifier of the cluster and oid of the database.
  cluster text NOT NULL,
  began_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE event_store_streams (
  aggregate_type text NOT NULL,
  aggregate_id text NOT NULL,
  -- Of the last event. Its row lock puts writers of a stream in order.
  version bigint NOT NULL,
  -- Of the last event.
  epoch integer NOT NULL,
  stamp xid8 NOT NULL,
  PRIMARY KEY (aggregate_type, aggregate_id)
);

CREATE TABLE event_store_events (
  aggregate_type text NOT NULL,
  aggregate_id text NOT NULL,
  version bigint NOT NULL,
  event_id uuid NOT NULL UNIQUE,
  event_type text NOT NULL,
  schema_version integer NOT NULL,
  -- json, not jsonb: an event is given back as it was written.
  data json NOT NULL,
  metadata json NOT NULL,
  occurred_at timestamptz NOT NULL,
  epoch integer NOT NULL,
  -- The writer's transaction, or that of the event before it in its stream where that is higher.
  stamp xid8 NOT NULL,
  position bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (aggregate_type, aggregate_id, version)
);
CREATE UNIQUE INDEX event_store_events_order ON event_store_events (epoch, stamp, position);
