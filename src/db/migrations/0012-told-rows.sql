-- Rows without versions are told to the log as well: whatever writes one of these tables, a trigger appends an entry with a
-- hash over the rows that were written, in the same transaction. What writes past the trigger differs from its entry.

-- The hash of each row as it was written, or that it is gone. Only ever added to; `evidence.entry` holds the hash of what one
-- statement added. The salt can be taken away with what it hides (`evidence.erase`).
create table evidence.row_change (
  ordinal bigint primary key generated always as identity,
  entry_id text not null,
  table_name text not null,
  -- the values of the row's key, as a JSON array
  key text not null,
  gone boolean not null,
  -- SHA-256 of the salt and the text of the row: [table, key, columns], columns being null of a row that is gone
  hash bytea not null,
  salt bytea
);
grant select on evidence.row_change to reeve_evidence;

insert into evidence.retention (type, days_min) values
  -- what rows without versions hang on
  ('rows.changed', null),
  -- what accounts for what is not there any more
  ('content.erased', null);

create function evidence.row_key(whole jsonb, keys text[]) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp
as $$ select jsonb_agg(whole -> k.name order by k.at) from unnest(keys) with ordinality as k (name, at) $$;
revoke all on function evidence.row_key from public;

create function evidence.fresh_entry_id() returns text
language sql volatile set search_path = pg_catalog, pg_temp
as $$
  select 'evt_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', (get_byte(random.bytes, n) & 31) + 1, 1), '' order by n)
  from (select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) as bytes) as random,
       generate_series(0, 25) as n
$$;
revoke all on function evidence.fresh_entry_id from public;

-- `written_by` is who is connected: the role of the layer, or whoever else writes its rows, and is then named. A function of
-- the owner that another layer calls writes as the owner.
create function evidence.append_rows(entry_id text, of_table text, rows bigint, root bytea, began boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  of_layer text := split_part(of_table, '.', 1);
  fresh_salt bytea := uuid_send(gen_random_uuid());
  said jsonb := jsonb_build_object('root', encode(root, 'hex'), 'rows', rows, 'table', of_table);
  -- RFC 8785 of {content: {…}}: members in order, plain ASCII
  canonical text := format('"root":"%s","rows":%s,"table":"%s"}}', encode(root, 'hex'), rows, of_table);
  writer name := session_user;
  act_at timestamptz(3);
begin
  if began then
    said := said || '{"began": true}';
    canonical := '"began":true,' || canonical;
  end if;
  if writer::text <> 'reeve_' || of_layer and writer::text in (
    'reeve_identity', 'reeve_access', 'reeve_usage', 'reeve_effect', 'reeve_governance', 'reeve_evidence',
    'reeve_connections')
  then
    writer := current_user;
  end if;
  -- dated as the act beside it, else as the entry before it: rows know no time, and no entry is to look backdated
  select max(e.at) into act_at from evidence.entry e where e.transaction = pg_current_xact_id();
  if act_at is null then
    select max(e.at) into act_at from evidence.entry e
      where e.transaction = (select max(o.transaction) from evidence.entry o);
  end if;
  insert into evidence.entry (id, written_by, layer, type, at, actor, subjects, content_hash, salt, content)
    values (append_rows.entry_id, writer, of_layer, 'rows.changed', coalesce(act_at, now()), 'reeve', '{}',
            sha256(fresh_salt || convert_to('{"content":{' || canonical, 'UTF8')), fresh_salt, said);
end $$;
revoke all on function evidence.append_rows from public;

-- Arguments: the columns of the key, and those that are no evidence (the day of a last use, say), each as a list.
create function evidence.tell_rows() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
declare
  keys text[] := string_to_array(tg_argv[0], ',');
  left_out text[] := string_to_array(tg_argv[1], ',');
  told text := tg_table_schema || '.' || tg_table_name;
  entry text := evidence.fresh_entry_id();
  counted bigint;
  root bytea;
begin
  -- one statement for each kind: a trigger sees only the rows of its own
  if tg_op = 'INSERT' then
    with written as (
      select evidence.row_key(to_jsonb(n), keys) as key, to_jsonb(n) - left_out as now_is,
             uuid_send(gen_random_uuid()) as salt
      from new_rows n
    ), added as (
      insert into evidence.row_change (entry_id, table_name, key, gone, hash, salt)
      select entry, told, w.key::text, false,
             sha256(w.salt || convert_to(jsonb_build_array(told, w.key, w.now_is)::text, 'UTF8')), w.salt
      from written w returning ordinal, hash
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)) into counted, root from added a;
  elsif tg_op = 'DELETE' then
    with written as (
      select evidence.row_key(to_jsonb(o), keys) as key, uuid_send(gen_random_uuid()) as salt from old_rows o
    ), added as (
      insert into evidence.row_change (entry_id, table_name, key, gone, hash, salt)
      select entry, told, w.key::text, true,
             sha256(w.salt || convert_to(jsonb_build_array(told, w.key, null)::text, 'UTF8')), w.salt
      from written w returning ordinal, hash
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)) into counted, root from added a;
  else
    with was as (
      select evidence.row_key(to_jsonb(o), keys) as key, to_jsonb(o) - left_out as row from old_rows o
    ), is_now as (
      select evidence.row_key(to_jsonb(n), keys) as key, to_jsonb(n) - left_out as row from new_rows n
    ), written as (
      select coalesce(i.key, w.key) as key, i.row as now_is, uuid_send(gen_random_uuid()) as salt
      from is_now i full join was w on w.key = i.key where i.row is distinct from w.row
    ), added as (
      insert into evidence.row_change (entry_id, table_name, key, gone, hash, salt)
      select entry, told, w.key::text, w.now_is is null,
             sha256(w.salt || convert_to(jsonb_build_array(told, w.key, w.now_is)::text, 'UTF8')), w.salt
      from written w returning ordinal, hash
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)) into counted, root from added a;
  end if;
  if counted > 0 then perform evidence.append_rows(entry, told, counted, root, false); end if;
  return null;
end $$;
revoke all on function evidence.tell_rows from public;

-- For a table that has rows already when it begins to be told.
create function evidence.tell_first_rows(told text, key_columns text, left_out_columns text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
declare
  entry text := evidence.fresh_entry_id();
  counted bigint;
  root bytea;
begin
  execute format($insert$
    with written as (
      select evidence.row_key(to_jsonb(n), $2) as key, to_jsonb(n) - $3 as now_is, uuid_send(gen_random_uuid()) as salt
      from %I.%I n
    ), added as (
      insert into evidence.row_change (entry_id, table_name, key, gone, hash, salt)
      select $4, $1, w.key::text, false,
             sha256(w.salt || convert_to(jsonb_build_array($1, w.key, w.now_is)::text, 'UTF8')), w.salt
      from written w returning ordinal, hash
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)) from added a
  $insert$, split_part(told, '.', 1), split_part(told, '.', 2))
    into counted, root
    using told, string_to_array(key_columns, ','), string_to_array(left_out_columns, ','), entry;
  if counted > 0 then perform evidence.append_rows(entry, told, counted, root, true); end if;
end $$;
revoke all on function evidence.tell_first_rows from public;

create trigger evidence_made after insert on identity.ref referencing new table as new_rows
  for each statement execute function evidence.tell_rows('ref', '');
create trigger evidence_changed after update on identity.ref referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('ref', '');
create trigger evidence_gone after delete on identity.ref referencing old table as old_rows
  for each statement execute function evidence.tell_rows('ref', '');
create trigger evidence_made after insert on identity.presence referencing new table as new_rows
  for each statement execute function evidence.tell_rows('source_id,record_id', 'last_used_at');
create trigger evidence_changed after update on identity.presence referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('source_id,record_id', 'last_used_at');
create trigger evidence_gone after delete on identity.presence referencing old table as old_rows
  for each statement execute function evidence.tell_rows('source_id,record_id', 'last_used_at');
create trigger evidence_made after insert on identity.fingerprint referencing new table as new_rows
  for each statement execute function evidence.tell_rows('key_id,value,credential_id', '');
create trigger evidence_changed after update on identity.fingerprint referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('key_id,value,credential_id', '');
create trigger evidence_gone after delete on identity.fingerprint referencing old table as old_rows
  for each statement execute function evidence.tell_rows('key_id,value,credential_id', '');
create trigger evidence_made after insert on identity.exposure referencing new table as new_rows
  for each statement execute function evidence.tell_rows('id', '');
create trigger evidence_changed after update on identity.exposure referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('id', '');
create trigger evidence_gone after delete on identity.exposure referencing old table as old_rows
  for each statement execute function evidence.tell_rows('id', '');
create trigger evidence_made after insert on identity.exposure_watch referencing new table as new_rows
  for each statement execute function evidence.tell_rows('source,how', '');
create trigger evidence_changed after update on identity.exposure_watch referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('source,how', '');
create trigger evidence_gone after delete on identity.exposure_watch referencing old table as old_rows
  for each statement execute function evidence.tell_rows('source,how', '');
create trigger evidence_made after insert on identity.feed_hold referencing new table as new_rows
  for each statement execute function evidence.tell_rows('source', '');
create trigger evidence_changed after update on identity.feed_hold referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('source', '');
create trigger evidence_gone after delete on identity.feed_hold referencing old table as old_rows
  for each statement execute function evidence.tell_rows('source', '');
create trigger evidence_made after insert on identity.source referencing new table as new_rows
  for each statement execute function evidence.tell_rows('id', 'read_at');
create trigger evidence_changed after update on identity.source referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('id', 'read_at');
create trigger evidence_gone after delete on identity.source referencing old table as old_rows
  for each statement execute function evidence.tell_rows('id', 'read_at');
create trigger evidence_made after insert on access.presence referencing new table as new_rows
  for each statement execute function evidence.tell_rows('source_id,record_id', '');
create trigger evidence_changed after update on access.presence referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('source_id,record_id', '');
create trigger evidence_gone after delete on access.presence referencing old table as old_rows
  for each statement execute function evidence.tell_rows('source_id,record_id', '');
create trigger evidence_made after insert on access.token referencing new table as new_rows
  for each statement execute function evidence.tell_rows('id', 'used_on');
create trigger evidence_changed after update on access.token referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('id', 'used_on');
create trigger evidence_gone after delete on access.token referencing old table as old_rows
  for each statement execute function evidence.tell_rows('id', 'used_on');
create trigger evidence_made after insert on access.role_assignment referencing new table as new_rows
  for each statement execute function evidence.tell_rows('id', '');
create trigger evidence_changed after update on access.role_assignment referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('id', '');
create trigger evidence_gone after delete on access.role_assignment referencing old table as old_rows
  for each statement execute function evidence.tell_rows('id', '');
create trigger evidence_made after insert on access.approval referencing new table as new_rows
  for each statement execute function evidence.tell_rows('id', '');
create trigger evidence_changed after update on access.approval referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('id', '');
create trigger evidence_gone after delete on access.approval referencing old table as old_rows
  for each statement execute function evidence.tell_rows('id', '');
create trigger evidence_made after insert on access.policy_text referencing new table as new_rows
  for each statement execute function evidence.tell_rows('hash', '');
create trigger evidence_changed after update on access.policy_text referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('hash', '');
create trigger evidence_gone after delete on access.policy_text referencing old table as old_rows
  for each statement execute function evidence.tell_rows('hash', '');
create trigger evidence_made after insert on access.decision_batch referencing new table as new_rows
  for each statement execute function evidence.tell_rows('source,first_seq', '');
create trigger evidence_changed after update on access.decision_batch referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('source,first_seq', '');
create trigger evidence_gone after delete on access.decision_batch referencing old table as old_rows
  for each statement execute function evidence.tell_rows('source,first_seq', '');
create trigger evidence_made after insert on access.decision_source referencing new table as new_rows
  for each statement execute function evidence.tell_rows('id', 'last_seq');
create trigger evidence_changed after update on access.decision_source referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('id', 'last_seq');
create trigger evidence_gone after delete on access.decision_source referencing old table as old_rows
  for each statement execute function evidence.tell_rows('id', 'last_seq');
create trigger evidence_made after insert on connections.run referencing new table as new_rows
  for each statement execute function evidence.tell_rows('id', 'progress,attempts');
create trigger evidence_changed after update on connections.run referencing old table as old_rows new table as new_rows
  for each statement execute function evidence.tell_rows('id', 'progress,attempts');
create trigger evidence_gone after delete on connections.run referencing old table as old_rows
  for each statement execute function evidence.tell_rows('id', 'progress,attempts');

-- What is there already is taken as it is: each table has one entry that says so.
select evidence.tell_first_rows('identity.ref', 'ref', '');
select evidence.tell_first_rows('identity.presence', 'source_id,record_id', 'last_used_at');
select evidence.tell_first_rows('identity.fingerprint', 'key_id,value,credential_id', '');
select evidence.tell_first_rows('identity.exposure', 'id', '');
select evidence.tell_first_rows('identity.exposure_watch', 'source,how', '');
select evidence.tell_first_rows('identity.feed_hold', 'source', '');
select evidence.tell_first_rows('identity.source', 'id', 'read_at');
select evidence.tell_first_rows('access.presence', 'source_id,record_id', '');
select evidence.tell_first_rows('access.token', 'id', 'used_on');
select evidence.tell_first_rows('access.role_assignment', 'id', '');
select evidence.tell_first_rows('access.approval', 'id', '');
select evidence.tell_first_rows('access.policy_text', 'hash', '');
select evidence.tell_first_rows('access.decision_batch', 'source,first_seq', '');
select evidence.tell_first_rows('access.decision_source', 'id', 'last_seq');
select evidence.tell_first_rows('connections.run', 'id', 'progress,attempts');

