-- Ways from principal to principal, and to more than was given, as sources show them; and what of access changed since when.

create table access.way (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text not null generated always as (data ->> 'principalId') stored,
  reaches_principal_id text generated always as (data ->> 'reachesPrincipalId') stored,
  kind text not null generated always as (data ->> 'kind') stored,
  gone_at text collate "C" generated always as (data ->> 'goneAt') stored,
  constraint way_kind check (kind in ('acts_as', 'escalation'))
);
create index way_principal on access.way (principal_id, id);

grant select, insert, update on access.way to reeve_access;

create index entitlement_admin on access.entitlement (id) where level = 'admin';

-- Which transaction last wrote a row: whoever keeps the graph asks for those since the last look. Not part of any record.
alter table access.entitlement add column changed_in xid8;
alter table access.way add column changed_in xid8;
alter table access.access_grant add column changed_in xid8;

create function access.mark_changed() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.changed_in := pg_current_xact_id();
  return new;
end $$;
create trigger changed_in before insert or update on access.entitlement
  for each row execute function access.mark_changed();
create trigger changed_in before insert or update on access.way
  for each row execute function access.mark_changed();
create trigger changed_in before insert or update on access.access_grant
  for each row execute function access.mark_changed();
revoke all on function access.mark_changed() from public;

create index entitlement_changed on access.entitlement (changed_in) where changed_in is not null;
create index way_changed on access.way (changed_in) where changed_in is not null;
create index access_grant_changed on access.access_grant (changed_in) where changed_in is not null;
