-- Connections: configured sources and targets, with references to their credentials, and each run.

create table connections.version (
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

create table connections.connection (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  name text collate "C" not null generated always as (data ->> 'name') stored,
  type text not null generated always as (data ->> 'type') stored,
  state text not null generated always as (data ->> 'state') stored,
  constraint connection_state check (state in ('enabled', 'paused', 'removed'))
);
create unique index connection_name on connections.connection (name) where state <> 'removed';

-- One run of one connection. Its state moves; what it changed stands in the layers and in evidence.
create table connections.run (
  id text primary key,
  connection_id text not null,
  state text not null check (state in ('queued', 'running', 'succeeded', 'partial', 'failed', 'held')),
  asked_by text not null,
  -- who asked has looked at the leavers that an earlier run held, and says that they did leave
  confirm_leavers boolean not null default false,
  queued_at timestamptz(3) not null,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  -- how often it was begun; one that ends its process each time is not begun for ever
  attempts integer not null default 0,
  -- how far the reading is, while it runs
  progress jsonb not null default '{}',
  -- why it failed or is held, in words for everyone who may see the run
  failure text,
  -- under which key the fingerprints were made: an old key is needed until every source was read again
  fingerprint_key_id text,
  -- what it saw and changed, by kind
  counts jsonb not null default '{}',
  -- what it could not read, the first of each kind, and how many in all
  problems jsonb not null default '[]',
  blind_spots jsonb not null default '[]'
);
create index run_connection on connections.run (connection_id, queued_at desc, id);
create index run_recent on connections.run (queued_at desc, id);
-- two runs of one connection never overlap
create unique index run_one on connections.run (connection_id) where state in ('queued', 'running');

create table connections.idempotency (
  client text not null,
  key text not null,
  request_hash bytea not null,
  response jsonb not null,
  recorded_at timestamptz(3) not null,
  primary key (client, key)
);

grant select, insert on connections.version to reeve_connections;
grant select, insert, update on connections.connection, connections.run to reeve_connections;
grant select, insert, delete on connections.idempotency to reeve_connections;
