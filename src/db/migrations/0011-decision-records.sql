-- Decisions that change nothing yet, by which enforcement point; what could not be written down; and an end of keeping them.

alter table access.decision_count
  add point text not null default '',
  -- false: nothing hung on the answer, so a denial would have been one
  add enforced boolean not null default true;
-- numbers of its spool that no line came with: decisions that are not known
alter table access.decision_source add missing bigint not null default 0;

create index decision_batch_received on access.decision_batch (received_at);

grant update (missing) on access.decision_source to reeve_access;

-- At most so many of each, the oldest first; the caller writes the entry in the same transaction. The role of the layer cannot
-- delete by itself, and nothing younger than thirty days goes.
create function access.prune_decisions(days integer, most integer, out before timestamptz, out counts bigint, out batches bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if days is null or days < 30 or days > 100000 or most is null or most < 1 or most > 1000000 then
    raise exception 'decisions are kept for thirty days at least' using errcode = '42501';
  end if;
  -- the database's own clock: a caller cannot make decisions old
  before := date_trunc('milliseconds', now() - make_interval(days => days));
  delete from access.decision_count c using (
    select o.minute, o.key from access.decision_count o where o.minute < before order by o.minute limit most) old
    where c.minute = old.minute and c.key = old.key;
  get diagnostics counts = row_count;
  delete from access.decision_batch b using (
    select o.source, o.first_seq from access.decision_batch o where o.received_at < before order by o.received_at limit most) old
    where b.source = old.source and b.first_seq = old.first_seq;
  get diagnostics batches = row_count;
end
$$;
revoke all on function access.prune_decisions from public;
grant execute on function access.prune_decisions to reeve_access;
