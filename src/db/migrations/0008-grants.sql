-- Grants at their targets: what carries each, when it is looked at next, and which steps there are.

alter table access.access_grant
  add column fulfilled_by text generated always as (data #>> '{fulfilment,by}') stored,
  add column next_at text collate "C" generated always as (data #>> '{fulfilment,nextAt}') stored,
  -- what was seen to be over at its target, and nothing else, has ended there
  add constraint access_grant_seen_ended check (
    state <> 'ended' or data -> 'fulfilment' is null or data #>> '{fulfilment,verifiedAt}' is not null
    or data #>> '{fulfilment,decisionId}' is null
  );
create index access_grant_next on access.access_grant (next_at, id) where next_at is not null;
create index access_grant_fulfilled on access.access_grant (id) where fulfilled_by is not null and state = 'active';

create function access.check_grant_step() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  carried boolean := new.data -> 'fulfilment' is not null;
  begins text := case when carried then 'approved' else 'active' end;
begin
  if tg_op = 'INSERT' and new.data ->> 'state' = begins then return new; end if;
  if tg_op = 'UPDATE'
    and new.data #>> '{fulfilment,by}' is not distinct from old.data #>> '{fulfilment,by}'
    and (new.data ->> 'state' = old.data ->> 'state' and old.data ->> 'state' <> 'ended'
      or not carried and (old.data ->> 'state', new.data ->> 'state') = ('active', 'ended')
      or carried and (old.data ->> 'state', new.data ->> 'state') in (
        ('approved', 'provisioning'), ('approved', 'ended'), ('provisioning', 'active'), ('provisioning', 'ending'),
        ('active', 'ending'), ('ending', 'ended'), ('ending', 'unproven'), ('unproven', 'ending'), ('unproven', 'ended')))
  then return new; end if;
  raise exception 'a grant takes no such step'
    using errcode = 'check_violation', constraint = 'access_grant_step';
end $$;
create trigger access_grant_step_checked before insert or update on access.access_grant
  for each row execute function access.check_grant_step();
revoke all on function access.check_grant_step() from public;
