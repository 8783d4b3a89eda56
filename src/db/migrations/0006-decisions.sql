-- Decisions: what may be done, by whom, until when; and the outbox, from which whoever decides learns of each change.

create table access.access_grant (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text not null generated always as (data ->> 'principalId') stored,
  kind text not null generated always as (data ->> 'kind') stored,
  state text not null generated always as (data ->> 'state') stored,
  until text collate "C" generated always as (data ->> 'until') stored,
  request_id text generated always as (data ->> 'requestId') stored,
  constraint access_grant_kind check (kind in ('standing', 'just_in_time', 'break_glass')),
  constraint access_grant_state check (
    state in ('approved', 'provisioning', 'active', 'ending', 'ended', 'unproven')
  ),
  -- only a standing grant is without an end
  constraint access_grant_end check (kind = 'standing' or data ->> 'until' is not null)
);
create index access_grant_principal on access.access_grant (principal_id, id);
create index access_grant_until on access.access_grant (until, id) where state not in ('ended', 'unproven');
create index access_grant_request on access.access_grant (request_id) where request_id is not null;

-- Somebody asks for a right, for a purpose and a time.
create table access.access_request (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text not null generated always as (data ->> 'principalId') stored,
  requested_by text not null generated always as (data ->> 'requestedBy') stored,
  state text not null generated always as (data ->> 'state') stored,
  constraint access_request_state check (state in ('pending', 'granted', 'denied', 'withdrawn', 'expired'))
);
create index access_request_state_id on access.access_request (state, id);
create index access_request_principal on access.access_request (principal_id, id);
create index access_request_asker on access.access_request (requested_by, id);

-- Each word on a request: by one natural person, who has no interest in it and has had none before.
create table access.approval (
  id text primary key,
  request_id text not null references access.access_request (id),
  verdict text not null check (verdict in ('approve', 'deny')),
  actor text not null,
  -- every natural person who may stand behind the act
  behind text[] not null check (cardinality(behind) > 0),
  reason text not null,
  at timestamptz(3) not null
);
create index approval_request on access.approval (request_id, at);

create function access.check_approval() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  interested jsonb;
begin
  select r.data -> 'interested' into interested from access.access_request r where r.id = new.request_id for update;
  if coalesce(interested ?| new.behind, true) then
    raise exception 'who has an interest in a request does not decide it'
      using errcode = 'check_violation', constraint = 'approval_four_eyes';
  end if;
  if exists (select from access.approval a where a.request_id = new.request_id and a.behind && new.behind) then
    raise exception 'one person decides once'
      using errcode = 'check_violation', constraint = 'approval_two_people';
  end if;
  return new;
end $$;
create trigger approval_checked before insert on access.approval
  for each row execute function access.check_approval();

-- No grant without a request that asked for just that, and without the approvals that the request needed.
create function access.check_grant() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  asked jsonb;
  agreed bigint;
begin
  select r.data into asked from access.access_request r where r.id = new.data ->> 'requestId' for update;
  select count(*) into agreed from access.approval a
    where a.request_id = new.data ->> 'requestId' and a.verdict = 'approve';
  if asked is null or asked ->> 'principalId' is distinct from new.data ->> 'principalId'
    or asked ->> 'kind' is distinct from new.data ->> 'kind'
    or asked -> 'actions' is distinct from new.data -> 'actions'
    or asked -> 'resources' is distinct from new.data -> 'resources'
    or agreed < coalesce((asked #>> '{needs,approvals}')::integer, 1)
    or exists (
      select from access.approval a where a.request_id = new.data ->> 'requestId' and a.verdict = 'deny'
    )
  then
    raise exception 'a grant is what was asked for and agreed to'
      using errcode = 'check_violation', constraint = 'access_grant_approved';
  end if;
  return new;
end $$;
create trigger access_grant_checked before insert on access.access_grant
  for each row execute function access.check_grant();
-- what was agreed to is never widened afterwards
create function access.check_grant_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (new.data ->> 'principalId', new.data ->> 'kind', new.data ->> 'requestId', new.data ->> 'from')
      is distinct from (old.data ->> 'principalId', old.data ->> 'kind', old.data ->> 'requestId', old.data ->> 'from')
    or not ((old.data -> 'actions') @> (new.data -> 'actions'))
    or not ((old.data -> 'resources') @> (new.data -> 'resources'))
    or coalesce(new.data ->> 'until', 'z') > coalesce(old.data ->> 'until', 'z')
  then
    raise exception 'a grant is narrowed or ended, never widened'
      using errcode = 'check_violation', constraint = 'access_grant_narrower';
  end if;
  return new;
end $$;
create trigger access_grant_change_checked before update on access.access_grant
  for each row execute function access.check_grant_change();
revoke all on function access.check_approval(), access.check_grant(), access.check_grant_change() from public;

grant select, insert, update on access.access_request to reeve_access;
grant select, insert on access.approval to reeve_access;

-- Denied by an act of its own, whatever grants and policies say: a principal, a token, a session, a credential.
create table access.denial (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  subject_id text not null generated always as (data ->> 'subjectId') stored,
  lifted_at text collate "C" generated always as (data ->> 'liftedAt') stored
);
create unique index denial_once on access.denial (subject_id) where lifted_at is null;

-- What a version of the policies says, once per text; a version of it is a record.
create table access.policy_text (
  -- SHA-256 of text and schema
  hash bytea primary key,
  text text not null,
  schema text,
  -- as Cedar reads it: policies and templates in its JSON form, with their annotations
  policies jsonb not null
);

create table access.policy_version (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  number integer not null generated always as ((data ->> 'number')::integer) stored,
  state text not null generated always as (data ->> 'state') stored,
  text_hash text not null generated always as (data ->> 'textHash') stored,
  constraint policy_version_state check (state in ('proposed', 'approved', 'active', 'superseded', 'refused'))
);
create unique index policy_version_number on access.policy_version (number);
-- one is in force
create unique index policy_version_active on access.policy_version ((true)) where state = 'active';

grant select, insert, update on access.access_grant, access.denial, access.policy_version to reeve_access;
grant select, insert on access.policy_text to reeve_access;

-- The outbox. Triggers write it, whatever operation made the change, so that none can be forgotten; no role can.
create schema outbox;
grant usage on schema outbox to reeve_access;

-- Whoever followed another database begins anew.
create table outbox.epoch (
  one boolean primary key default true check (one),
  id text not null
);
insert into outbox.epoch (id) values (replace(gen_random_uuid()::text, '-', ''));

create table outbox.change (
  id bigint generated always as identity primary key,
  transaction xid8 not null default pg_current_xact_id(),
  kind text not null,
  -- one row for a statement, however many records it changed
  subjects text[] not null,
  at timestamptz(3) not null default now()
);
create index change_transaction on outbox.change (transaction, id);
grant select on outbox.epoch, outbox.change to reeve_access;

-- `said`: id, version and what counts of each record, so that a denial arrives with the hint itself
create function outbox.tell(kind text, subjects text[], said jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  change_id bigint;
begin
  if subjects is null then return; end if;
  insert into outbox.change (kind, subjects) values (tell.kind, tell.subjects) returning id into change_id;
  perform pg_notify('reeve_outbox', jsonb_build_object(
    'id', change_id, 'kind', tell.kind,
    'said', case when cardinality(tell.subjects) <= 20 then tell.said end)::text);
end $$;

create function outbox.on_principal_made() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform outbox.tell('principal', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state)))
  from new_rows n;
  return null;
end $$;

create function outbox.on_principal_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform outbox.tell('principal', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state)))
  from new_rows n join old_rows o on o.id = n.id
  -- what no decision reads is no news
  where (n.state, n.kind, n.system, n.external_id, n.environment, n.criticality, n.tier)
      is distinct from (o.state, o.kind, o.system, o.external_id, o.environment, o.criticality, o.tier)
    or (n.expires_at, n.next_review_at, n.gone_at) is distinct from (o.expires_at, o.next_review_at, o.gone_at)
    or n.data #>> '{owner,from}' is distinct from o.data #>> '{owner,from}'
    or (n.data -> 'binding' is null) <> (o.data -> 'binding' is null)
    or n.data ->> 'effect' is distinct from o.data ->> 'effect'
    or n.data -> 'labels' is distinct from o.data -> 'labels';
  return null;
end $$;

create function outbox.on_credential_made() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform outbox.tell('credential', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state)))
  from new_rows n;
  return null;
end $$;

create function outbox.on_credential_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform outbox.tell('credential', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state)))
  from new_rows n join old_rows o on o.id = n.id
  where (n.state, n.principal_id, n.expires_at) is distinct from (o.state, o.principal_id, o.expires_at);
  return null;
end $$;

create function outbox.on_grant() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform outbox.tell('grant', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state))) from new_rows n;
  return null;
end $$;

create function outbox.on_denial() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform outbox.tell('denial', array_agg(n.subject_id),
    jsonb_agg(jsonb_build_array(n.subject_id, (extract(epoch from n.recorded_at) * 1000)::bigint,
      case when n.lifted_at is null then 'denied' else 'lifted' end)))
  from new_rows n;
  return null;
end $$;

create function outbox.on_token_made() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform outbox.tell('token', array_agg(n.id), null) from new_rows n;
  return null;
end $$;

create function outbox.on_token_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform outbox.tell('token', array_agg(n.id), null)
  from new_rows n join old_rows o on o.id = n.id
  -- the day of its last use is no news
  where (n.revoked_at, n.expires_at, n.scopes, n.hash) is distinct from (o.revoked_at, o.expires_at, o.scopes, o.hash);
  return null;
end $$;

create function outbox.on_policy() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform outbox.tell('policy', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state))) from new_rows n;
  return null;
end $$;

revoke all on all functions in schema outbox from public;

create trigger outbox_made after insert on identity.principal
  referencing new table as new_rows for each statement execute function outbox.on_principal_made();
create trigger outbox_changed after update on identity.principal
  referencing old table as old_rows new table as new_rows
  for each statement execute function outbox.on_principal_changed();
create trigger outbox_made after insert on identity.credential
  referencing new table as new_rows for each statement execute function outbox.on_credential_made();
create trigger outbox_changed after update on identity.credential
  referencing old table as old_rows new table as new_rows
  for each statement execute function outbox.on_credential_changed();
create trigger outbox_made after insert on access.access_grant
  referencing new table as new_rows for each statement execute function outbox.on_grant();
create trigger outbox_changed after update on access.access_grant
  referencing new table as new_rows for each statement execute function outbox.on_grant();
create trigger outbox_made after insert on access.denial
  referencing new table as new_rows for each statement execute function outbox.on_denial();
create trigger outbox_changed after update on access.denial
  referencing new table as new_rows for each statement execute function outbox.on_denial();
create trigger outbox_made after insert on access.token
  referencing new table as new_rows for each statement execute function outbox.on_token_made();
create trigger outbox_changed after update on access.token
  referencing old table as old_rows new table as new_rows
  for each statement execute function outbox.on_token_changed();
create trigger outbox_made after insert on access.policy_version
  referencing new table as new_rows for each statement execute function outbox.on_policy();
create trigger outbox_changed after update on access.policy_version
  referencing new table as new_rows for each statement execute function outbox.on_policy();

-- Of what everybody who follows has had. SECURITY: the one thing that a role can do to the outbox.
create function access.forget_changes(before timestamptz) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with gone as (delete from outbox.change c where c.at < least(before, now() - interval '1 hour') returning 1)
  select count(*) from gone
$$;
revoke all on function access.forget_changes(timestamptz) from public;
grant execute on function access.forget_changes(timestamptz) to reeve_access;
