-- Which change of a row came last is what its hash is held against: so an entry says between which places its changes stand. Who
-- holds a row keeps others from it until the end of the transaction, so changes of one row are never between one another.

create or replace function evidence.append_rows(entry_id text, of_table text, rows bigint, root bytea, began boolean, ids text[])
returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  of_layer text := split_part(of_table, '.', 1);
  fresh_salt bytea := uuid_send(gen_random_uuid());
  -- of what this session has just written
  last bigint := currval('evidence.row_change_ordinal_seq');
  first bigint := last;
  said jsonb;
  canonical text;
  writer name := session_user;
  act_at timestamptz(3);
begin
  if rows > 1 then
    select min(c.ordinal) into first from (
      select o.ordinal from evidence.row_change o
      where o.ordinal <= last and o.entry_id = append_rows.entry_id order by o.ordinal desc limit rows) c;
  end if;
  said := jsonb_build_object('first', first, 'last', last, 'root', encode(root, 'hex'), 'rows', rows, 'table', of_table);
  -- RFC 8785 of {content: {…}}: members in order, plain ASCII
  canonical := format('"last":%s,"root":"%s","rows":%s,"table":"%s"}}', last, encode(root, 'hex'), rows, of_table);
  if ids is not null then
    said := said || jsonb_build_object('ids', ids);
    -- ids are plain ASCII, and to_json writes a text as RFC 8785 does
    canonical := format('"ids":[%s],', (select string_agg(to_json(i.id)::text, ',' order by i.at)
      from unnest(ids) with ordinality as i (id, at))) || canonical;
  end if;
  canonical := format('"first":%s,', first) || canonical;
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
