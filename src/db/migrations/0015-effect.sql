-- Effect: what Reeve acts on, its plans step by step, the receipts of what became of them, and the switch that stops it all.

create table effect.version (
  record_id text not null,
  version integer not null check (version >= 1),
  valid_from timestamptz(3) not null,
  valid_to timestamptz(3) check (valid_to > valid_from),
  recorded_at timestamptz(3) not null,
  actor text not null,
  reason text,
  entry_id text not null,
  hash bytea not null,
  data jsonb not null,
  salt bytea,
  primary key (record_id, version, valid_from)
);

create table effect.target (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  name text collate "C" not null generated always as (data #>> '{settings,name}') stored,
  state text not null generated always as (data ->> 'state') stored,
  constraint target_state check (state in ('enabled', 'removed'))
);
create unique index target_name on effect.target (name) where state <> 'removed';

create table effect.plan (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  state text not null generated always as (data ->> 'state') stored,
  target_id text not null generated always as (data ->> 'targetId') stored,
  account text not null generated always as (data ->> 'account') stored,
  made_at text collate "C" not null generated always as (data ->> 'madeAt') stored,
  next_at text collate "C" generated always as (data ->> 'nextAt') stored,
  constraint plan_state check (state in (
    'proposed', 'running', 'paused', 'undoing', 'verified', 'unproven', 'rolled_back', 'undone', 'cancelled'))
);
create index plan_next on effect.plan (next_at, id) where next_at is not null;
create index plan_recent on effect.plan (made_at desc, id desc);
-- one plan at a time acts on one account
create unique index plan_one on effect.plan (target_id, account) where state in ('running', 'paused', 'undoing');

-- A plan takes the steps that there are; who asked for one that needs approval does not approve it.
create function effect.check_plan_step() returns trigger
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
      ('undoing', 'rolled_back'), ('undoing', 'undone'), ('undoing', 'unproven'),
      ('unproven', 'running'), ('unproven', 'undoing'), ('verified', 'running'), ('verified', 'undoing'))
  then return new;
  end if;
  raise exception 'a plan takes no such step' using errcode = 'check_violation', constraint = 'plan_step';
end $$;
create trigger plan_step_checked before insert or update on effect.plan
  for each row execute function effect.check_plan_step();
revoke all on function effect.check_plan_step() from public;

create table effect.receipt (
  id text primary key,
  version integer not null check (version = 1),
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  plan_id text not null generated always as (data ->> 'planId') stored
);
create index receipt_plan on effect.receipt (plan_id, recorded_at);

-- The one record that stops every act at once. Without it nothing is stopped.
create table effect.restraint (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  observe_only boolean not null generated always as ((data ->> 'observeOnly')::boolean) stored
);

create table effect.idempotency (
  client text not null,
  key text not null,
  request_hash bytea not null,
  response jsonb not null,
  recorded_at timestamptz(3) not null,
  primary key (client, key)
);

grant select, insert on effect.version to reeve_effect;
grant select, insert, update on effect.target, effect.plan, effect.restraint to reeve_effect;
grant select, insert on effect.receipt to reeve_effect;
grant select, insert, delete on effect.idempotency to reeve_effect;

insert into evidence.retention (type, days_min) values
  -- proof of an effect is proof as long as the log is
  ('receipt.made', null);
