-- Access: what sources state of accounts and rights, on the same two time axes as the roll; and Reeve's own tokens and roles.

create table access.version (
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
  primary key (record_id, version, valid_from)
);

create table access.account (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text not null generated always as (data ->> 'principalId') stored,
  system text not null generated always as (data ->> 'system') stored,
  external_id text not null generated always as (data ->> 'externalId') stored,
  gone_at text collate "C" generated always as (data ->> 'goneAt') stored
);
create index account_principal on access.account (principal_id, id);

create table access.entitlement (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text not null generated always as (data ->> 'principalId') stored,
  system text not null generated always as (data ->> 'system') stored,
  level text not null generated always as (data ->> 'level') stored,
  gone_at text collate "C" generated always as (data ->> 'goneAt') stored
);
create index entitlement_principal on access.entitlement (principal_id, id);

create table access.presence (
  source_id text not null,
  record_id text not null,
  first_seen_at timestamptz(3) not null,
  gone_at timestamptz(3),
  primary key (source_id, record_id)
);
create index presence_record on access.presence (record_id);

-- Tokens of Reeve's own API, as hashes. Whose they are stands in the roll.
create table access.token (
  id text primary key,
  hash bytea not null unique,
  -- exactly one of: an API client of the roll, a person, or the bootstrap act
  principal_id text,
  person_id text,
  bootstrap boolean not null default false,
  credential_id text,
  label text not null,
  scopes text[] not null,
  created_at timestamptz(3) not null,
  created_by text not null,
  expires_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  revoked_by text,
  used_on date,
  -- under which key the hash was made: without it nobody can come in by this token
  key_id text not null,
  -- natural persons who may know the value beside its subject: who made it, and who may know the token that it was made with
  known_to text[] not null default '{}',
  constraint token_subject check (
    (principal_id is not null)::integer + (person_id is not null)::integer + bootstrap::integer = 1
  )
);
create index token_principal on access.token (principal_id) where principal_id is not null;
create index token_person on access.token (person_id) where person_id is not null;

-- Who administers, approves, reviews and audits Reeve itself.
create table access.role_assignment (
  id text primary key,
  -- a person or an API client
  subject_id text not null,
  role text not null check (
    role in ('identity-admin', 'access-admin', 'approver', 'reviewer', 'auditor')
  ),
  -- written only where the configuration lets one subject hold both administrations
  both_allowed boolean not null default false,
  assigned_at timestamptz(3) not null,
  assigned_by text not null,
  ended_at timestamptz(3),
  ended_by text,
  reason text not null
);
create unique index role_assignment_once on access.role_assignment (subject_id, role) where ended_at is null;
create unique index role_assignment_apart on access.role_assignment (subject_id)
  where role in ('identity-admin', 'access-admin') and ended_at is null and not both_allowed;

create table access.idempotency (
  client text not null,
  key text not null,
  request_hash bytea not null,
  response jsonb not null,
  recorded_at timestamptz(3) not null,
  primary key (client, key)
);

grant select, insert on access.version to reeve_access;
grant select, insert, update on access.account, access.entitlement, access.presence to reeve_access;
grant select, insert, delete on access.idempotency to reeve_access;
grant select, insert on access.token, access.role_assignment to reeve_access;
grant update (revoked_at, revoked_by, used_on) on access.token to reeve_access;
grant update (ended_at, ended_by) on access.role_assignment to reeve_access;
