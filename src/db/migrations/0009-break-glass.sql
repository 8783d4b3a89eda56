-- Who has an interest in a right on the day on which it is decided, and break-glass: open until another person reviewed it.

alter table access.approval add column interested text[] not null default '{}';

create or replace function access.check_approval() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  interested jsonb;
begin
  select r.data -> 'interested' into interested from access.access_request r where r.id = new.request_id for update;
  if coalesce(interested ?| new.behind, true) or new.interested && new.behind then
    raise exception 'who has an interest in a request does not decide it'
      using errcode = 'check_violation', constraint = 'approval_four_eyes';
  end if;
  if exists (select from access.approval a where a.request_id = new.request_id and a.behind && new.behind) then
    raise exception 'one person decides once'
      using errcode = 'check_violation', constraint = 'approval_two_people';
  end if;
  return new;
end $$;

create table access.break_glass (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text not null generated always as (data ->> 'principalId') stored,
  request_id text not null generated always as (data ->> 'requestId') stored,
  state text not null generated always as (data ->> 'state') stored,
  constraint break_glass_state check (state in ('open', 'reviewed')),
  constraint break_glass_reviewed check ((state = 'reviewed') = (data -> 'review' is not null))
);
create unique index break_glass_request on access.break_glass (request_id);
create unique index break_glass_unreviewed on access.break_glass (principal_id) where state = 'open';

create function access.check_break_glass() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    -- of two uses at once, one finds the other
    perform pg_advisory_xact_lock(hashtextextended('access.break_glass', 0));
    if exists (
      select from access.break_glass b
      where b.state = 'open' and b.data -> 'persons' ?| array(select jsonb_array_elements_text(new.data -> 'persons'))
    ) then
      raise exception 'an earlier use of break-glass was not reviewed'
        using errcode = 'check_violation', constraint = 'break_glass_unreviewed';
    end if;
    return new;
  end if;
  if new.data - array['state', 'review'] is distinct from old.data - array['state', 'review'] or old.data ->> 'state' <> 'open'
    or coalesce(jsonb_array_length(new.data #> '{review,behind}'), 0) = 0
    or new.data -> 'persons' ?| array(select jsonb_array_elements_text(new.data #> '{review,behind}'))
  then
    raise exception 'break-glass is reviewed once, by somebody who did not use it'
      using errcode = 'check_violation', constraint = 'break_glass_four_eyes';
  end if;
  return new;
end $$;
create trigger break_glass_checked before insert or update on access.break_glass
  for each row execute function access.check_break_glass();

create function access.check_break_glass_grant() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.data ->> 'kind' = 'break_glass'
    and not exists (select from access.break_glass b where b.request_id = new.data ->> 'requestId')
  then
    raise exception 'break-glass leaves a record of its own'
      using errcode = 'check_violation', constraint = 'access_grant_break_glass';
  end if;
  return new;
end $$;
create trigger access_grant_break_glass_checked before insert on access.access_grant
  for each row execute function access.check_break_glass_grant();
revoke all on function access.check_break_glass(), access.check_break_glass_grant() from public;

grant select, insert, update on access.break_glass to reeve_access;

-- A pattern covers a name, or a narrower pattern, where that begins with what is before its star.
create function access.pattern_covers(pattern text, name text) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when right(pattern, 1) = '*' then starts_with(name, left(pattern, -1)) else pattern = name end
$$;

-- each of `narrower` lies within one of `wider`, and there is one at least
create function access.all_covered(wider jsonb, narrower jsonb) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select jsonb_array_length(narrower) > 0 and not exists (
    select from jsonb_array_elements_text(narrower) n
    where not exists (select from jsonb_array_elements_text(wider) w where access.pattern_covers(w, n)))
$$;

create or replace function access.check_grant_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (new.data ->> 'principalId', new.data ->> 'kind', new.data ->> 'requestId', new.data ->> 'from')
      is distinct from (old.data ->> 'principalId', old.data ->> 'kind', old.data ->> 'requestId', old.data ->> 'from')
    or not access.all_covered(old.data -> 'actions', new.data -> 'actions')
    or not access.all_covered(old.data -> 'resources', new.data -> 'resources')
    or coalesce(new.data ->> 'until', 'z') > coalesce(old.data ->> 'until', 'z')
  then
    raise exception 'a grant is narrowed or ended, never widened'
      using errcode = 'check_violation', constraint = 'access_grant_narrower';
  end if;
  return new;
end $$;
