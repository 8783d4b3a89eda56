-- A grant that its target has is narrowed by telling the target once more, with less.

create or replace function access.check_grant_step() returns trigger
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
        ('active', 'provisioning'), ('active', 'ending'), ('ending', 'ended'), ('ending', 'unproven'),
        ('unproven', 'ending'), ('unproven', 'ended')))
  then return new; end if;
  raise exception 'a grant takes no such step'
    using errcode = 'check_violation', constraint = 'access_grant_step';
end $$;
