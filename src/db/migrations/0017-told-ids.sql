-- An entry about rows without versions also says which rows, where they have an id: whoever has only a bundle then knows which
-- hash is the newest of a row.

drop function evidence.append_rows(text, text, bigint, bytea, boolean);

-- `ids`: of the rows in the order of their hashes; null where their keys are something else, which may name people.
create function evidence.append_rows(entry_id text, of_table text, rows bigint, root bytea, began boolean, ids text[]) returns void
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
  if ids is not null then
    said := said || jsonb_build_object('ids', ids);
    -- ids are plain ASCII, and to_json writes a text as RFC 8785 does
    canonical := format('"ids":[%s],', (select string_agg(to_json(i.id)::text, ',' order by i.at)
      from unnest(ids) with ordinality as i (id, at))) || canonical;
  end if;
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

create or replace function evidence.tell_rows() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
declare
  keys text[] := string_to_array(tg_argv[0], ',');
  left_out text[] := string_to_array(tg_argv[1], ',');
  told text := tg_table_schema || '.' || tg_table_name;
  entry text := evidence.fresh_entry_id();
  counted bigint;
  root bytea;
  ids text[];
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
      from written w returning ordinal, hash, key
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)), array_agg(a.key::jsonb ->> 0 order by a.ordinal)
    into counted, root, ids from added a;
  elsif tg_op = 'DELETE' then
    with written as (
      select evidence.row_key(to_jsonb(o), keys) as key, uuid_send(gen_random_uuid()) as salt from old_rows o
    ), added as (
      insert into evidence.row_change (entry_id, table_name, key, gone, hash, salt)
      select entry, told, w.key::text, true,
             sha256(w.salt || convert_to(jsonb_build_array(told, w.key, null)::text, 'UTF8')), w.salt
      from written w returning ordinal, hash, key
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)), array_agg(a.key::jsonb ->> 0 order by a.ordinal)
    into counted, root, ids from added a;
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
      from written w returning ordinal, hash, key
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)), array_agg(a.key::jsonb ->> 0 order by a.ordinal)
    into counted, root, ids from added a;
  end if;
  if counted > 0 then
    perform evidence.append_rows(entry, told, counted, root, false, case when keys = array['id'] then ids end);
  end if;
  return null;
end $$;

create or replace function evidence.tell_first_rows(told text, key_columns text, left_out_columns text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
declare
  entry text := evidence.fresh_entry_id();
  counted bigint;
  root bytea;
  ids text[];
begin
  execute format($insert$
    with written as (
      select evidence.row_key(to_jsonb(n), $2) as key, to_jsonb(n) - $3 as now_is, uuid_send(gen_random_uuid()) as salt
      from %I.%I n
    ), added as (
      insert into evidence.row_change (entry_id, table_name, key, gone, hash, salt)
      select $4, $1, w.key::text, false,
             sha256(w.salt || convert_to(jsonb_build_array($1, w.key, w.now_is)::text, 'UTF8')), w.salt
      from written w returning ordinal, hash, key
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)), array_agg(a.key::jsonb ->> 0 order by a.ordinal)
    from added a
  $insert$, split_part(told, '.', 1), split_part(told, '.', 2))
    into counted, root, ids
    using told, string_to_array(key_columns, ','), string_to_array(left_out_columns, ','), entry;
  if counted > 0 then
    perform evidence.append_rows(entry, told, counted, root, true, case when key_columns = 'id' then ids end);
  end if;
end $$;

-- What was told without its id is told once more.
select evidence.tell_first_rows('identity.exposure', 'id', '');
select evidence.tell_first_rows('access.token', 'id', 'used_on');
select evidence.tell_first_rows('access.role_assignment', 'id', '');
select evidence.tell_first_rows('access.approval', 'id', '');
