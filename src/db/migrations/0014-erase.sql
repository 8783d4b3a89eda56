-- Takes away what is kept of one person who has left: names and addresses in the versions of their records, their identifiers,
-- and the reasons that they gave or that name them. Hashes stay, so the log still verifies; `content.erased` entries say exactly
-- which entries, versions and rows are not to be held against their hashes any more.
alter table evidence.row_change alter column key drop not null;

create function evidence.append_erased(
  entry_id text, act_at timestamptz, act_actor text, act_reason text, person text, entries text[], versions text[], rows text[]
) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  fresh_salt bytea := uuid_send(gen_random_uuid());
  -- RFC 8785: members in order; ids are plain ASCII, and to_json writes a text as RFC 8785 does
  canonical text := format('{"content":{"entries":%s,"person":"%s","rows":%s,"versions":%s},"reason":%s}',
    replace(to_json(entries)::text, '", "', '","'), person, replace(to_json(rows)::text, '", "', '","'),
    replace(to_json(versions)::text, '", "', '","'), to_json(act_reason)::text);
begin
  insert into evidence.entry (id, layer, type, at, actor, subjects, content_hash, salt, reason, content)
    values (append_erased.entry_id, 'evidence', 'content.erased', act_at, act_actor, array[person],
            sha256(fresh_salt || convert_to(canonical, 'UTF8')), fresh_salt, act_reason,
            jsonb_build_object('entries', entries, 'person', person, 'rows', rows, 'versions', versions));
end $$;
revoke all on function evidence.append_erased from public;

create function evidence.erase(person text, act_at timestamptz, act_actor text, act_reason text, dry boolean)
returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ids text[];
  called text;
  entries text[];
  versions text[];
  rows text[];
  refs text[];
  part integer;
  layer text;
begin
  if person !~ '^psn_[0-9a-z]{26}$' or act_actor !~ '^[0-9a-z_]{1,64}$' or length(act_reason) not between 1 and 2000 then
    raise exception 'not a person, an actor or a reason' using errcode = '22023';
  end if;
  select p.name, array[p.id, p.principal_id] into called, ids
    from identity.person p where p.id = person and p.status = 'leaver' for update;
  if ids is null then
    raise exception 'only what is kept of people who have left is erased' using errcode = '42501';
  end if;
  select coalesce(array_agg(e.id order by e.ordinal), '{}') into entries from evidence.entry e
    where e.salt is not null
      and e.type not in ('log.key_rotated', 'log.restored', 'content.pruned', 'content.erased', 'rows.changed')
      and (e.record_id = any (ids)
        or e.reason is not null and (e.actor = any (ids) or e.on_behalf_of = any (ids) or e.subjects && ids
          or length(called) > 3 and position(lower(called) in lower(e.reason)) > 0));
  select coalesce(array_agg(distinct v.record_id || ' ' || v.version), '{}') into versions
    from identity.version v where v.record_id = any (ids) and v.data ->> 'erased' is null;
  select coalesce(array_agg(r.ref), '{}') into refs from identity.ref r where r.record_id = any (ids);
  if not dry then
    delete from identity.ref r where r.ref = any (refs);
    update access.approval a set reason = 'erased' where a.actor = person;
    update access.role_assignment a set reason = 'erased' where person in (a.subject_id, a.assigned_by);
    with gone as (
      update evidence.row_change c
        set salt = null, key = case when c.table_name = 'identity.ref' then null else c.key end
        where c.table_name = 'identity.ref' and c.key in (select jsonb_build_array(r)::text from unnest(refs) r)
          or c.salt is not null and c.table_name in ('access.approval', 'access.role_assignment')
            and exists (select from evidence.row_change n where n.table_name = c.table_name and n.key = c.key
              and n.ordinal > c.ordinal)
            and c.key in (
              select jsonb_build_array(a.id)::text from access.approval a where a.actor = person
              union all
              select jsonb_build_array(a.id)::text from access.role_assignment a where person in (a.subject_id, a.assigned_by))
        returning c.ordinal)
    select coalesce(array_agg(g.ordinal::text), '{}') into rows from gone g;
    update identity.version v set salt = null, reason = null, data = evidence.erased(v.record_id, v.data)
      where v.record_id = any (ids) and v.data ->> 'erased' is null;
    update identity.person p set data = evidence.erased(p.id, p.data) where p.id = any (ids);
    update identity.principal p set data = evidence.erased(p.id, p.data) where p.id = any (ids);
    foreach layer in array array['identity', 'access', 'connections'] loop
      execute format('update %I.version v set reason = null where v.reason is not null and v.entry_id = any ($1)', layer)
        using entries;
    end loop;
    update evidence.entry e set reason = null, content = null, salt = null where e.id = any (entries);
    for part in 0 .. (greatest(cardinality(entries), cardinality(versions), cardinality(rows)) - 1) / 1000 loop
      perform evidence.append_erased(evidence.fresh_entry_id(), act_at, act_actor, act_reason, person,
        entries[part * 1000 + 1 : part * 1000 + 1000], versions[part * 1000 + 1 : part * 1000 + 1000],
        rows[part * 1000 + 1 : part * 1000 + 1000]);
    end loop;
  end if;
  return jsonb_build_object('entries', cardinality(entries), 'versions', cardinality(versions),
                            'identifiers', cardinality(refs));
end $$;
revoke all on function evidence.erase from public;
grant execute on function evidence.erase to reeve_evidence;

-- What is left of the record of a person, or of the principal that they are: what others refer to, and nothing of them.
create function evidence.erased(id text, data jsonb) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select case when data ? 'feedId'
    then jsonb_build_object('feedId', 'erased:' || id, 'name', 'erased', 'emails', '[]'::jsonb, 'handles', '[]'::jsonb,
                            'status', 'leaver', 'principalId', data -> 'principalId', 'source', data -> 'source')
    else (data - '{purpose,attestation,binding,exception,owner,formerOwner,integration,workloadScope}'::text[])
      || jsonb_build_object('externalId', 'erased:' || id, 'name', 'erased', 'refs', '[]'::jsonb, 'labels', '{}'::jsonb,
                            'attributes', '{}'::jsonb, 'searchText', '', 'backups', '[]'::jsonb, 'custodians', '[]'::jsonb,
                            'parties', '[]'::jsonb)
  end || '{"erased": "true"}'
$$;
revoke all on function evidence.erased from public;
