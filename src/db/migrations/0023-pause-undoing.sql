-- What puts a plan back waits, too, where a backup was restored under it.

create or replace function effect.check_plan_step() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.data #>> '{approval,by}' is not null
    and (new.data #>> '{approval,by}' = new.data ->> 'plannedBy'
      or (new.data #> '{approval,behind}') ?| array(select jsonb_array_elements_text(new.data -> 'plannedBehind')))
  then
    raise exception 'who planned it does not approve it'
      using errcode = 'check_violation', constraint = 'plan_approver';
  end if;
  if (new.data #>> '{approval,needed}')::boolean and new.data #>> '{approval,by}' is null
    and new.data ->> 'state' not in ('proposed', 'cancelled')
  then
    raise exception 'it was not approved' using errcode = 'check_violation', constraint = 'plan_approved';
  end if;
  if tg_op = 'INSERT' then
    if new.data ->> 'state' in ('proposed', 'running') then return new; end if;
  elsif new.data ->> 'state' = old.data ->> 'state'
    or (old.data ->> 'state', new.data ->> 'state') in (
      ('proposed', 'running'), ('proposed', 'cancelled'),
      ('running', 'paused'), ('running', 'verified'), ('running', 'unproven'), ('running', 'rolled_back'), ('running', 'undoing'),
      ('running', 'cancelled'), ('paused', 'running'), ('paused', 'cancelled'), ('paused', 'undoing'),
      ('undoing', 'rolled_back'), ('undoing', 'undone'), ('undoing', 'unproven'), ('undoing', 'paused'),
      ('unproven', 'running'), ('unproven', 'undoing'), ('verified', 'running'), ('verified', 'undoing'))
  then return new;
  end if;
  raise exception 'a plan takes no such step' using errcode = 'check_violation', constraint = 'plan_step';
end $$;
