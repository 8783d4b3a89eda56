-- Who goes past ways that a plan saw is another person than who planned it, after the plan ended without proof because of them.

create function effect.check_accepted_ways() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  accepted jsonb := new.data -> 'acceptedWays';
begin
  if accepted is null or tg_op = 'UPDATE' and accepted is not distinct from old.data -> 'acceptedWays' then return new; end if;
  if coalesce(accepted ->> 'by' = new.data ->> 'plannedBy', true)
    or coalesce(jsonb_array_length(accepted -> 'behind'), 0) = 0
    or (accepted -> 'behind') ?| array(select jsonb_array_elements_text(new.data -> 'plannedBehind'))
  then
    raise exception 'who planned it does not accept what it saw'
      using errcode = 'check_violation', constraint = 'plan_accepter';
  end if;
  if tg_op = 'UPDATE' and old.data ->> 'state' = 'unproven'
    and accepted ->> 'receiptId' = old.data ->> 'receiptId'
  then return new; end if;
  raise exception 'only what a receipt shows is accepted'
    using errcode = 'check_violation', constraint = 'plan_accepted_shown';
end $$;
create trigger plan_accepted_checked before insert or update on effect.plan
  for each row execute function effect.check_accepted_ways();
revoke all on function effect.check_accepted_ways() from public;
