-- Names this database in the folder of the bytes, so that the two are not run with a stranger. Goes along with dumps and survives fail-overs.
create table data_identity (
  is_only boolean primary key default true check (is_only),
  database_id uuid not null default gen_random_uuid()
);
insert into data_identity default values;

-- What failed waits until it is due, so that the rest does not wait for it.
alter table blob_removals add column failures integer not null default 0, add column due_at timestamptz not null default now();
create index blob_removals_by_due_at on blob_removals (due_at);
alter table bucket_cascades add column failures integer not null default 0, add column due_at timestamptz not null default now();

-- The quota's number of objects counts each version from here on.
insert into owner_usage (owner_id, slot, bytes, objects)
  select owner_id, 0, 0, count(*) - count(distinct object_id) from objects join object_versions using (object_id)
  group by owner_id having count(*) > count(distinct object_id)
  on conflict (owner_id, slot) do update set objects = owner_usage.objects + excluded.objects;
