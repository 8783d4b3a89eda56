-- Evidence: what happened, in the transaction in which it happened. Nobody updates or deletes an entry.

create schema evidence;
create schema identity;
create schema access;
create schema usage;
create schema effect;
create schema governance;
create schema connections;
create schema jobs;

grant usage on schema identity to reeve_identity;
grant usage on schema access to reeve_access;
grant usage on schema usage to reeve_usage;
grant usage on schema effect to reeve_effect;
grant usage on schema governance to reeve_governance;
grant usage on schema connections, jobs to reeve_connections;
grant usage on schema evidence
  to reeve_identity, reeve_access, reeve_usage, reeve_effect, reeve_governance, reeve_evidence, reeve_connections;

create table evidence.entry (
  id text primary key,
  -- the order of writing within one transaction
  ordinal bigint generated always as identity,
  -- which transaction wrote it, so that the sequencer knows below what none can still appear
  transaction xid8 not null default pg_current_xact_id(),
  -- PostgreSQL's own word for who wrote it; no layer can speak for another
  written_by name not null default current_user,
  layer text not null,
  type text not null,
  at timestamptz(3) not null,
  actor text not null,
  on_behalf_of text,
  subjects text[] not null,
  record_id text,
  record_version integer,
  -- SHA-256 of the canonical JSON of the record version that the act made
  record_hash bytea,
  follows text[] not null default '{}',
  -- SHA-256 of the salt and the canonical JSON of reason and content: what the log holds of them. They themselves may name
  -- people, so they can be pruned after their time, by `evidence.prune` alone
  content_hash bytea,
  salt bytea,
  reason text,
  content jsonb,
  -- no layer speaks for another: a role of a layer writes entries of that layer alone
  constraint entry_layer check (
    written_by::text not in (
      'reeve_identity', 'reeve_access', 'reeve_usage', 'reeve_effect', 'reeve_governance', 'reeve_evidence',
      'reeve_connections'
    )
    or written_by::text = 'reeve_' || layer
  )
);
create index entry_transaction on evidence.entry (transaction);
-- "what happened to this record"
create index entry_record on evidence.entry (record_id) where record_id is not null;

-- The one gap-free order. Written by the elected sequencer alone.
create table evidence.sequence (
  seq bigint primary key check (seq >= 0),
  entry_id text not null unique,
  sequenced_at timestamptz(3) not null
);

-- Below which transaction everything has its place. A note to save work, not a fact: without it all is compared again.
create table evidence.watermark (
  one boolean primary key default true check (one),
  transaction xid8 not null,
  -- the cluster whose transactions these are: after a restore into another one they mean nothing
  cluster text not null
);

grant insert (id, layer, type, at, actor, on_behalf_of, subjects, record_id, record_version, record_hash, follows,
              content_hash, salt, reason, content)
  on evidence.entry
  to reeve_identity, reeve_access, reeve_usage, reeve_effect, reeve_governance, reeve_evidence, reeve_connections;
grant select on evidence.entry, evidence.sequence to reeve_evidence;
grant insert on evidence.sequence to reeve_evidence;
grant select, insert, update on evidence.watermark to reeve_evidence;

-- The log's checkpoints. Each was signed over the entries before its size; none is ever changed.
create table evidence.checkpoint (
  size bigint primary key check (size >= 0),
  root bytea not null,
  -- the signed note (C2SP tlog-checkpoint), as it was published
  note text not null,
  signed_at timestamptz(3) not null
);
grant select, insert on evidence.checkpoint to reeve_evidence;

-- What witnesses said of checkpoints: their cosignature lines (C2SP tlog-cosignature).
create table evidence.cosignature (
  size bigint not null,
  witness text not null,
  line text not null,
  received_at timestamptz(3) not null,
  primary key (size, witness)
);
grant select, insert on evidence.cosignature to reeve_evidence;

-- How long reasons and contents are kept at least, by type of entry; `*` is every other type. No row at run time changes it.
create table evidence.retention (
  type text primary key,
  -- null: for ever
  days_min integer check (days_min >= 0)
);
insert into evidence.retention (type, days_min) values
  ('*', 1095),
  -- what the keys of the log hang on
  ('log.key_rotated', null),
  ('log.restored', null),
  ('content.pruned', null);
grant select on evidence.retention to reeve_evidence;

-- Takes away reason, content and salt of entries of one type that are older than `days`, and says so by an entry of its own,
-- in the same transaction. Their hashes stay, so the log still verifies. The one way in which an entry is ever updated.
create function evidence.prune(of_type text, days integer, entry_id text, act_at timestamptz, act_actor text)
returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  least_days integer;
  before timestamptz(3);
  pruned bigint;
  said jsonb;
  canonical text;
  fresh_salt bytea := uuid_send(gen_random_uuid());
begin
  if of_type !~ '^[a-z_]+\.[a-z_]+$' or entry_id !~ '^evt_[0-9a-z]{26}$' or act_actor !~ '^[0-9a-z_]{1,64}$' then
    raise exception 'not a type, an entry or an actor' using errcode = '22023';
  end if;
  select r.days_min into strict least_days from evidence.retention r
    where r.type in (of_type, '*') order by r.type = '*' limit 1;
  if least_days is null or days < least_days then
    raise exception 'the content of % is kept longer', of_type using errcode = '42501';
  end if;
  -- the server's own clock: a caller cannot make entries old
  before := now() - make_interval(days => days);
  update evidence.entry e set reason = null, content = null, salt = null
    where e.type = of_type and e.at < before and e.salt is not null;
  get diagnostics pruned = row_count;
  said := jsonb_build_object('before', to_char(before at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                             'count', pruned, 'type', of_type);
  -- RFC 8785 of {content: {before, count, type}}: members in order, plain ASCII
  canonical := format('{"content":{"before":"%s","count":%s,"type":"%s"}}', said ->> 'before', pruned, of_type);
  insert into evidence.entry (id, layer, type, at, actor, subjects, content_hash, salt, content)
    values (entry_id, 'evidence', 'content.pruned', act_at, act_actor, '{}',
            sha256(fresh_salt || convert_to(canonical, 'UTF8')), fresh_salt, said);
  return pruned;
end $$;
revoke all on function evidence.prune from public;
grant execute on function evidence.prune to reeve_evidence;
