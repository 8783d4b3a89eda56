-- Who follows looks whether the newest line that they have read is still there: pruning leaves the newest of those that are old,
-- until a newer one is old, too.
create or replace function access.forget_changes(before timestamptz) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with old as (select c.id from outbox.change c where c.at < least(before, now() - interval '1 hour')),
       gone as (delete from outbox.change c using old where c.id = old.id and c.id < (select max(id) from old) returning 1)
  select count(*) from gone
$$;
