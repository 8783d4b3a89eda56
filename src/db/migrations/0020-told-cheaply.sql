-- What an entry costs. Ids of entries begin with their time, so that neighbours in the log are neighbours in its indexes, however
-- long it grows; and to tell of rows costs less than to write them.

-- 48 bits of milliseconds in ten characters, as `newId('entry')` has them, and 60 random ones.
create or replace function evidence.fresh_entry_id() returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  ms bigint := floor(extract(epoch from clock_timestamp()) * 1000);
  said text := '';
begin
  for step in 1..10 loop
    said := substr('0123456789abcdefghjkmnpqrstvwxyz', (ms & 31)::int + 1, 1) || said;
    ms := ms >> 5;
  end loop;
  return 'evt_' || said || right(replace(gen_random_uuid()::text, '-', ''), 16);
end $$;

create or replace function evidence.append_rows(entry_id text, of_table text, rows bigint, root bytea, began boolean, ids text[])
returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
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
  -- dated as the act beside it, else as the entry before it: rows know no time, and no entry is to look backdated. Any entry of
  -- the transaction will do: a long one has many, and this asks once for each statement
  select e.at into act_at from evidence.entry e where e.transaction = pg_current_xact_id() limit 1;
  if act_at is null then
    select max(e.at) into act_at from evidence.entry e
      where e.transaction = (select max(o.transaction) from evidence.entry o);
  end if;
  insert into evidence.entry (id, written_by, layer, type, at, actor, subjects, content_hash, salt, content)
    values (append_rows.entry_id, writer, of_layer, 'rows.changed', coalesce(act_at, now()), 'reeve', '{}',
            sha256(fresh_salt || convert_to('{"content":{' || canonical, 'UTF8')), fresh_salt, said);
end $$;

-- The key of each row is put together in the statement itself: a call of a function for each row costs as much as the row.
create or replace function evidence.tell_rows() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
declare
  keys text[] := string_to_array(tg_argv[0], ',');
  first text := keys[1];
  second text := keys[2];
  third text := keys[3];
  many int := cardinality(keys);
  left_out text[] := string_to_array(tg_argv[1], ',');
  told text := tg_table_schema || '.' || tg_table_name;
  -- the text that `jsonb_build_array(told, key, columns)` has, without the making of it
  begins text := format('["%s", ', told);
  by_id boolean := keys = array['id'];
  entry text := evidence.fresh_entry_id();
  counted bigint;
  root bytea;
  ids text[];
begin
  if many > 3 then raise exception 'a key of more than three columns' using errcode = '0A000'; end if;
  -- one statement for each kind: a trigger sees only the rows of its own
  if tg_op = 'INSERT' then
    with written as (
      select (case many when 1 then jsonb_build_array(n.whole -> first)
                        when 2 then jsonb_build_array(n.whole -> first, n.whole -> second)
                        else jsonb_build_array(n.whole -> first, n.whole -> second, n.whole -> third) end)::text as key,
             n.whole - left_out as now_is, uuid_send(gen_random_uuid()) as salt
      from (select to_jsonb(r) as whole from new_rows r offset 0) n
    ), added as (
      insert into evidence.row_change (entry_id, table_name, key, gone, hash, salt)
      select entry, told, w.key, false,
             sha256(w.salt || convert_to(begins || w.key || ', ' || coalesce(w.now_is::text, 'null') || ']', 'UTF8')), w.salt
      from (select * from written offset 0) w returning ordinal, hash, key
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)),
           array_agg(a.key::jsonb ->> 0 order by a.ordinal) filter (where by_id)
    into counted, root, ids from added a;
  elsif tg_op = 'DELETE' then
    with written as (
      select (case many when 1 then jsonb_build_array(o.whole -> first)
                        when 2 then jsonb_build_array(o.whole -> first, o.whole -> second)
                        else jsonb_build_array(o.whole -> first, o.whole -> second, o.whole -> third) end)::text as key,
             uuid_send(gen_random_uuid()) as salt
      from (select to_jsonb(r) as whole from old_rows r offset 0) o
    ), added as (
      insert into evidence.row_change (entry_id, table_name, key, gone, hash, salt)
      select entry, told, w.key, true,
             sha256(w.salt || convert_to(begins || w.key || ', null]', 'UTF8')), w.salt
      from (select * from written offset 0) w returning ordinal, hash, key
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)),
           array_agg(a.key::jsonb ->> 0 order by a.ordinal) filter (where by_id)
    into counted, root, ids from added a;
  else
    with was as (
      select (case many when 1 then jsonb_build_array(o.whole -> first)
                        when 2 then jsonb_build_array(o.whole -> first, o.whole -> second)
                        else jsonb_build_array(o.whole -> first, o.whole -> second, o.whole -> third) end)::text as key,
             o.whole - left_out as row
      from (select to_jsonb(r) as whole from old_rows r offset 0) o
    ), is_now as (
      select (case many when 1 then jsonb_build_array(n.whole -> first)
                        when 2 then jsonb_build_array(n.whole -> first, n.whole -> second)
                        else jsonb_build_array(n.whole -> first, n.whole -> second, n.whole -> third) end)::text as key,
             n.whole - left_out as row
      from (select to_jsonb(r) as whole from new_rows r offset 0) n
    ), written as (
      select coalesce(i.key, w.key) as key, i.row as now_is, uuid_send(gen_random_uuid()) as salt
      from is_now i full join was w on w.key = i.key where i.row is distinct from w.row
    ), added as (
      insert into evidence.row_change (entry_id, table_name, key, gone, hash, salt)
      select entry, told, w.key, w.now_is is null,
             sha256(w.salt || convert_to(begins || w.key || ', ' || coalesce(w.now_is::text, 'null') || ']', 'UTF8')), w.salt
      from (select * from written offset 0) w returning ordinal, hash, key
    )
    select count(*), sha256(string_agg(a.hash, '' order by a.ordinal)),
           array_agg(a.key::jsonb ->> 0 order by a.ordinal) filter (where by_id)
    into counted, root, ids from added a;
  end if;
  if counted > 0 then perform evidence.append_rows(entry, told, counted, root, false, ids); end if;
  return null;
end $$;
