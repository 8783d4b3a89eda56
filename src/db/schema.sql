-- Made by `npm run schema` from the migrations; not edited by hand.

-- schema access

create schema access;

create table access.access_grant (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text generated always as ((data ->> 'principalId'::text)) stored not null,
  kind text generated always as ((data ->> 'kind'::text)) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  until text collate "C" generated always as ((data ->> 'until'::text)) stored,
  request_id text generated always as ((data ->> 'requestId'::text)) stored,
  fulfilled_by text generated always as ((data #>> '{fulfilment,by}'::text[])) stored,
  next_at text collate "C" generated always as ((data #>> '{fulfilment,nextAt}'::text[])) stored,
  changed_in xid8,
  constraint access_grant_pkey PRIMARY KEY (id),
  constraint access_grant_end CHECK (((kind = 'standing'::text) OR ((data ->> 'until'::text) IS NOT NULL))),
  constraint access_grant_kind CHECK ((kind = ANY (ARRAY['standing'::text, 'just_in_time'::text, 'break_glass'::text]))),
  constraint access_grant_seen_ended CHECK (((state <> 'ended'::text) OR ((data -> 'fulfilment'::text) IS NULL) OR ((data #>> '{fulfilment,verifiedAt}'::text[]) IS NOT NULL) OR ((data #>> '{fulfilment,decisionId}'::text[]) IS NULL))),
  constraint access_grant_state CHECK ((state = ANY (ARRAY['approved'::text, 'provisioning'::text, 'active'::text, 'ending'::text, 'ended'::text, 'unproven'::text])))
);
CREATE INDEX access_grant_changed ON access.access_grant USING btree (changed_in) WHERE (changed_in IS NOT NULL);
CREATE INDEX access_grant_fulfilled ON access.access_grant USING btree (id) WHERE ((fulfilled_by IS NOT NULL) AND (state = 'active'::text));
CREATE INDEX access_grant_next ON access.access_grant USING btree (next_at, id) WHERE (next_at IS NOT NULL);
CREATE INDEX access_grant_principal ON access.access_grant USING btree (principal_id, id);
CREATE INDEX access_grant_request ON access.access_grant USING btree (request_id) WHERE (request_id IS NOT NULL);
CREATE INDEX access_grant_under_way ON access.access_grant USING btree (state, next_at) WHERE (state = ANY (ARRAY['provisioning'::text, 'ending'::text, 'unproven'::text]));
CREATE INDEX access_grant_until ON access.access_grant USING btree (until, id) WHERE (state <> ALL (ARRAY['ended'::text, 'unproven'::text]));
CREATE TRIGGER access_grant_break_glass_checked BEFORE INSERT ON access.access_grant FOR EACH ROW EXECUTE FUNCTION access.check_break_glass_grant();
CREATE TRIGGER access_grant_change_checked BEFORE UPDATE ON access.access_grant FOR EACH ROW EXECUTE FUNCTION access.check_grant_change();
CREATE TRIGGER access_grant_checked BEFORE INSERT ON access.access_grant FOR EACH ROW EXECUTE FUNCTION access.check_grant();
CREATE TRIGGER access_grant_step_checked BEFORE INSERT OR UPDATE ON access.access_grant FOR EACH ROW EXECUTE FUNCTION access.check_grant_step();
CREATE TRIGGER changed_in BEFORE INSERT OR UPDATE ON access.access_grant FOR EACH ROW EXECUTE FUNCTION access.mark_changed();
CREATE TRIGGER outbox_changed AFTER UPDATE ON access.access_grant REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_grant();
CREATE TRIGGER outbox_made AFTER INSERT ON access.access_grant REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_grant();

create table access.access_request (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text generated always as ((data ->> 'principalId'::text)) stored not null,
  requested_by text generated always as ((data ->> 'requestedBy'::text)) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  constraint access_request_pkey PRIMARY KEY (id),
  constraint access_request_state CHECK ((state = ANY (ARRAY['pending'::text, 'granted'::text, 'denied'::text, 'withdrawn'::text, 'expired'::text])))
);
CREATE INDEX access_request_asker ON access.access_request USING btree (requested_by, id);
CREATE INDEX access_request_principal ON access.access_request USING btree (principal_id, id);
CREATE INDEX access_request_state_id ON access.access_request USING btree (state, id);

create table access.account (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text generated always as ((data ->> 'principalId'::text)) stored not null,
  system text generated always as ((data ->> 'system'::text)) stored not null,
  external_id text generated always as ((data ->> 'externalId'::text)) stored not null,
  gone_at text collate "C" generated always as ((data ->> 'goneAt'::text)) stored,
  constraint account_pkey PRIMARY KEY (id)
);
CREATE INDEX account_principal ON access.account USING btree (principal_id, id);

create table access.approval (
  id text not null,
  request_id text not null,
  verdict text not null,
  actor text not null,
  behind text[] not null,
  reason text not null,
  at timestamp(3) with time zone not null,
  interested text[] default '{}'::text[] not null,
  constraint approval_pkey PRIMARY KEY (id),
  constraint approval_behind_check CHECK ((cardinality(behind) > 0)),
  constraint approval_verdict_check CHECK ((verdict = ANY (ARRAY['approve'::text, 'deny'::text]))),
  constraint approval_request_id_fkey FOREIGN KEY (request_id) REFERENCES access.access_request(id)
);
CREATE INDEX approval_request ON access.approval USING btree (request_id, at);
CREATE TRIGGER approval_checked BEFORE INSERT ON access.approval FOR EACH ROW EXECUTE FUNCTION access.check_approval();
CREATE TRIGGER evidence_changed AFTER UPDATE ON access.approval REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', '');
CREATE TRIGGER evidence_gone AFTER DELETE ON access.approval REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', '');
CREATE TRIGGER evidence_made AFTER INSERT ON access.approval REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', '');

create table access.break_glass (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text generated always as ((data ->> 'principalId'::text)) stored not null,
  request_id text generated always as ((data ->> 'requestId'::text)) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  constraint break_glass_pkey PRIMARY KEY (id),
  constraint break_glass_reviewed CHECK (((state = 'reviewed'::text) = ((data -> 'review'::text) IS NOT NULL))),
  constraint break_glass_state CHECK ((state = ANY (ARRAY['open'::text, 'reviewed'::text])))
);
CREATE UNIQUE INDEX break_glass_request ON access.break_glass USING btree (request_id);
CREATE UNIQUE INDEX break_glass_unreviewed ON access.break_glass USING btree (principal_id) WHERE (state = 'open'::text);
CREATE TRIGGER break_glass_checked BEFORE INSERT OR UPDATE ON access.break_glass FOR EACH ROW EXECUTE FUNCTION access.check_break_glass();

create table access.decision_batch (
  source text not null,
  first_seq bigint not null,
  received_at timestamp(3) with time zone not null,
  root bytea not null,
  lines text[] not null,
  constraint decision_batch_pkey PRIMARY KEY (source, first_seq),
  constraint decision_batch_source_fkey FOREIGN KEY (source) REFERENCES access.decision_source(id)
);
CREATE INDEX decision_batch_received ON access.decision_batch USING btree (received_at);
CREATE TRIGGER evidence_changed AFTER UPDATE ON access.decision_batch REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source,first_seq', '');
CREATE TRIGGER evidence_gone AFTER DELETE ON access.decision_batch REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source,first_seq', '');
CREATE TRIGGER evidence_made AFTER INSERT ON access.decision_batch REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source,first_seq', '');

create table access.decision_count (
  minute timestamp(3) with time zone not null,
  key bytea not null,
  principal_id text not null,
  action text not null,
  resource text not null,
  allowed boolean not null,
  reason text not null,
  count bigint not null,
  point text default ''::text not null,
  enforced boolean default true not null,
  constraint decision_count_pkey PRIMARY KEY (minute, key)
);
CREATE INDEX decision_count_principal ON access.decision_count USING btree (principal_id, minute);

create table access.decision_source (
  id text not null,
  subject_id text not null,
  last_seq bigint not null,
  missing bigint default 0 not null,
  constraint decision_source_pkey PRIMARY KEY (id)
);
CREATE TRIGGER evidence_changed AFTER UPDATE ON access.decision_source REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'last_seq');
CREATE TRIGGER evidence_gone AFTER DELETE ON access.decision_source REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'last_seq');
CREATE TRIGGER evidence_made AFTER INSERT ON access.decision_source REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'last_seq');

create table access.denial (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  subject_id text generated always as ((data ->> 'subjectId'::text)) stored not null,
  lifted_at text collate "C" generated always as ((data ->> 'liftedAt'::text)) stored,
  constraint denial_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX denial_once ON access.denial USING btree (subject_id) WHERE (lifted_at IS NULL);
CREATE TRIGGER outbox_changed AFTER UPDATE ON access.denial REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_denial();
CREATE TRIGGER outbox_made AFTER INSERT ON access.denial REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_denial();

create table access.entitlement (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text generated always as ((data ->> 'principalId'::text)) stored not null,
  system text generated always as ((data ->> 'system'::text)) stored not null,
  level text generated always as ((data ->> 'level'::text)) stored not null,
  gone_at text collate "C" generated always as ((data ->> 'goneAt'::text)) stored,
  changed_in xid8,
  constraint entitlement_pkey PRIMARY KEY (id)
);
CREATE INDEX entitlement_admin ON access.entitlement USING btree (id) WHERE (level = 'admin'::text);
CREATE INDEX entitlement_changed ON access.entitlement USING btree (changed_in) WHERE (changed_in IS NOT NULL);
CREATE INDEX entitlement_principal ON access.entitlement USING btree (principal_id, id);
CREATE TRIGGER changed_in BEFORE INSERT OR UPDATE ON access.entitlement FOR EACH ROW EXECUTE FUNCTION access.mark_changed();

create table access.idempotency (
  client text not null,
  key text not null,
  request_hash bytea not null,
  response jsonb not null,
  recorded_at timestamp(3) with time zone not null,
  constraint idempotency_pkey PRIMARY KEY (client, key)
);

create table access.policy_text (
  hash bytea not null,
  text text not null,
  schema text,
  policies jsonb not null,
  constraint policy_text_pkey PRIMARY KEY (hash)
);
CREATE TRIGGER evidence_changed AFTER UPDATE ON access.policy_text REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('hash', '');
CREATE TRIGGER evidence_gone AFTER DELETE ON access.policy_text REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('hash', '');
CREATE TRIGGER evidence_made AFTER INSERT ON access.policy_text REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('hash', '');

create table access.policy_version (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  number integer generated always as (((data ->> 'number'::text))::integer) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  text_hash text generated always as ((data ->> 'textHash'::text)) stored not null,
  constraint policy_version_pkey PRIMARY KEY (id),
  constraint policy_version_state CHECK ((state = ANY (ARRAY['proposed'::text, 'approved'::text, 'active'::text, 'superseded'::text, 'refused'::text])))
);
CREATE UNIQUE INDEX policy_version_active ON access.policy_version USING btree ((true)) WHERE (state = 'active'::text);
CREATE UNIQUE INDEX policy_version_number ON access.policy_version USING btree (number);
CREATE TRIGGER outbox_changed AFTER UPDATE ON access.policy_version REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_policy();
CREATE TRIGGER outbox_made AFTER INSERT ON access.policy_version REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_policy();

create table access.presence (
  source_id text not null,
  record_id text not null,
  first_seen_at timestamp(3) with time zone not null,
  gone_at timestamp(3) with time zone,
  constraint presence_pkey PRIMARY KEY (source_id, record_id)
);
CREATE INDEX presence_record ON access.presence USING btree (record_id);
CREATE TRIGGER evidence_changed AFTER UPDATE ON access.presence REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source_id,record_id', '');
CREATE TRIGGER evidence_gone AFTER DELETE ON access.presence REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source_id,record_id', '');
CREATE TRIGGER evidence_made AFTER INSERT ON access.presence REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source_id,record_id', '');

create table access.role_assignment (
  id text not null,
  subject_id text not null,
  role text not null,
  both_allowed boolean default false not null,
  assigned_at timestamp(3) with time zone not null,
  assigned_by text not null,
  ended_at timestamp(3) with time zone,
  ended_by text,
  reason text not null,
  constraint role_assignment_pkey PRIMARY KEY (id),
  constraint role_assignment_role_check CHECK ((role = ANY (ARRAY['identity-admin'::text, 'access-admin'::text, 'approver'::text, 'reviewer'::text, 'auditor'::text])))
);
CREATE UNIQUE INDEX role_assignment_apart ON access.role_assignment USING btree (subject_id) WHERE ((role = ANY (ARRAY['identity-admin'::text, 'access-admin'::text])) AND (ended_at IS NULL) AND (NOT both_allowed));
CREATE UNIQUE INDEX role_assignment_once ON access.role_assignment USING btree (subject_id, role) WHERE (ended_at IS NULL);
CREATE TRIGGER evidence_changed AFTER UPDATE ON access.role_assignment REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', '');
CREATE TRIGGER evidence_gone AFTER DELETE ON access.role_assignment REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', '');
CREATE TRIGGER evidence_made AFTER INSERT ON access.role_assignment REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', '');

create table access.token (
  id text not null,
  hash bytea not null,
  principal_id text,
  person_id text,
  bootstrap boolean default false not null,
  credential_id text,
  label text not null,
  scopes text[] not null,
  created_at timestamp(3) with time zone not null,
  created_by text not null,
  expires_at timestamp(3) with time zone not null,
  revoked_at timestamp(3) with time zone,
  revoked_by text,
  used_on date,
  key_id text not null,
  known_to text[] default '{}'::text[] not null,
  constraint token_pkey PRIMARY KEY (id),
  constraint token_hash_key UNIQUE (hash),
  constraint token_subject CHECK ((((((principal_id IS NOT NULL))::integer + ((person_id IS NOT NULL))::integer) + (bootstrap)::integer) = 1))
);
CREATE INDEX token_person ON access.token USING btree (person_id) WHERE (person_id IS NOT NULL);
CREATE INDEX token_principal ON access.token USING btree (principal_id) WHERE (principal_id IS NOT NULL);
CREATE TRIGGER evidence_changed AFTER UPDATE ON access.token REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'used_on');
CREATE TRIGGER evidence_gone AFTER DELETE ON access.token REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'used_on');
CREATE TRIGGER evidence_made AFTER INSERT ON access.token REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'used_on');
CREATE TRIGGER outbox_changed AFTER UPDATE ON access.token REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_token_changed();
CREATE TRIGGER outbox_made AFTER INSERT ON access.token REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_token_made();

create table access.version (
  record_id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  valid_to timestamp(3) with time zone,
  recorded_at timestamp(3) with time zone not null,
  actor text not null,
  reason text,
  entry_id text not null,
  hash bytea not null,
  data jsonb not null,
  salt bytea,
  constraint version_pkey PRIMARY KEY (record_id, version, valid_from),
  constraint version_check CHECK ((valid_to > valid_from)),
  constraint version_version_check CHECK ((version >= 1))
);

create table access.way (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text generated always as ((data ->> 'principalId'::text)) stored not null,
  reaches_principal_id text generated always as ((data ->> 'reachesPrincipalId'::text)) stored,
  kind text generated always as ((data ->> 'kind'::text)) stored not null,
  gone_at text collate "C" generated always as ((data ->> 'goneAt'::text)) stored,
  changed_in xid8,
  constraint way_pkey PRIMARY KEY (id),
  constraint way_kind CHECK ((kind = ANY (ARRAY['acts_as'::text, 'escalation'::text])))
);
CREATE INDEX way_changed ON access.way USING btree (changed_in) WHERE (changed_in IS NOT NULL);
CREATE INDEX way_principal ON access.way USING btree (principal_id, id);
CREATE TRIGGER changed_in BEFORE INSERT OR UPDATE ON access.way FOR EACH ROW EXECUTE FUNCTION access.mark_changed();

CREATE OR REPLACE FUNCTION access.all_covered(wider jsonb, narrower jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select jsonb_array_length(narrower) > 0 and not exists (
    select from jsonb_array_elements_text(narrower) n
    where not exists (select from jsonb_array_elements_text(wider) w where access.pattern_covers(w, n)))
$function$;

CREATE OR REPLACE FUNCTION access.check_approval()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION access.check_break_glass()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION access.check_break_glass_grant()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if new.data ->> 'kind' = 'break_glass'
    and not exists (select from access.break_glass b where b.request_id = new.data ->> 'requestId')
  then
    raise exception 'break-glass leaves a record of its own'
      using errcode = 'check_violation', constraint = 'access_grant_break_glass';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION access.check_grant()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  asked jsonb;
  agreed bigint;
begin
  select r.data into asked from access.access_request r where r.id = new.data ->> 'requestId' for update;
  select count(*) into agreed from access.approval a
    where a.request_id = new.data ->> 'requestId' and a.verdict = 'approve';
  if asked is null or asked ->> 'principalId' is distinct from new.data ->> 'principalId'
    or asked ->> 'kind' is distinct from new.data ->> 'kind'
    or asked -> 'actions' is distinct from new.data -> 'actions'
    or asked -> 'resources' is distinct from new.data -> 'resources'
    or agreed < coalesce((asked #>> '{needs,approvals}')::integer, 1)
    or exists (
      select from access.approval a where a.request_id = new.data ->> 'requestId' and a.verdict = 'deny'
    )
  then
    raise exception 'a grant is what was asked for and agreed to'
      using errcode = 'check_violation', constraint = 'access_grant_approved';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION access.check_grant_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION access.check_grant_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  carried boolean := new.data -> 'fulfilment' is not null;
  begins text := case when carried then 'approved' else 'active' end;
begin
  if tg_op = 'INSERT' and new.data ->> 'state' = begins then return new; end if;
  if tg_op = 'UPDATE'
    and new.data #>> '{fulfilment,by}' is not distinct from old.data #>> '{fulfilment,by}'
    and (new.data ->> 'state' = old.data ->> 'state' and old.data ->> 'state' <> 'ended'
      or not carried and (old.data ->> 'state', new.data ->> 'state') = ('active', 'ended')
      or carried and (old.data ->> 'state', new.data ->> 'state') in (
        ('approved', 'provisioning'), ('approved', 'ended'), ('provisioning', 'active'), ('provisioning', 'ending'),
        ('active', 'provisioning'), ('active', 'ending'), ('ending', 'ended'), ('ending', 'unproven'),
        ('unproven', 'ending'), ('unproven', 'ended')))
  then return new; end if;
  raise exception 'a grant takes no such step'
    using errcode = 'check_violation', constraint = 'access_grant_step';
end $function$;

CREATE OR REPLACE FUNCTION access.forget_changes(before timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with old as (select c.id from outbox.change c where c.at < least(before, now() - interval '1 hour')),
       gone as (delete from outbox.change c using old where c.id = old.id and c.id < (select max(id) from old) returning 1)
  select count(*) from gone
$function$;

CREATE OR REPLACE FUNCTION access.mark_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  new.changed_in := pg_current_xact_id();
  return new;
end $function$;

CREATE OR REPLACE FUNCTION access.pattern_covers(pattern text, name text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select case when right(pattern, 1) = '*' then starts_with(name, left(pattern, -1)) else pattern = name end
$function$;

CREATE OR REPLACE FUNCTION access.prune_decisions(days integer, most integer, OUT before timestamp with time zone, OUT counts bigint, OUT batches bigint)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if days is null or days < 30 or days > 100000 or most is null or most < 1 or most > 1000000 then
    raise exception 'decisions are kept for thirty days at least' using errcode = '42501';
  end if;
  -- the database's own clock: a caller cannot make decisions old
  before := date_trunc('milliseconds', now() - make_interval(days => days));
  delete from access.decision_count c using (
    select o.minute, o.key from access.decision_count o where o.minute < before order by o.minute limit most) old
    where c.minute = old.minute and c.key = old.key;
  get diagnostics counts = row_count;
  delete from access.decision_batch b using (
    select o.source, o.first_seq from access.decision_batch o where o.received_at < before order by o.received_at limit most) old
    where b.source = old.source and b.first_seq = old.first_seq;
  get diagnostics batches = row_count;
end
$function$;

grant insert, select, update on access.access_grant to reeve_access;
grant insert, select, update on access.access_request to reeve_access;
grant insert, select, update on access.account to reeve_access;
grant insert, select on access.approval to reeve_access;
grant insert, select, update on access.break_glass to reeve_access;
grant insert, select on access.decision_batch to reeve_access;
grant insert, select, update (count) on access.decision_count to reeve_access;
grant insert, select, update (last_seq, missing) on access.decision_source to reeve_access;
grant insert, select, update on access.denial to reeve_access;
grant insert, select, update on access.entitlement to reeve_access;
grant delete, insert, select on access.idempotency to reeve_access;
grant insert, select on access.policy_text to reeve_access;
grant insert, select, update on access.policy_version to reeve_access;
grant insert, select, update on access.presence to reeve_access;
grant insert, select, update (ended_at, ended_by) on access.role_assignment to reeve_access;
grant insert, select, update (revoked_at, revoked_by, used_on) on access.token to reeve_access;
grant insert, select on access.version to reeve_access;
grant insert, select, update on access.way to reeve_access;
grant execute on function access.all_covered(jsonb,jsonb) to public;
grant execute on function access.forget_changes(timestamp with time zone) to reeve_access;
grant execute on function access.pattern_covers(text,text) to public;
grant execute on function access.prune_decisions(integer,integer) to reeve_access;
grant usage on schema access to reeve_access;

-- schema connections

create schema connections;

create table connections.connection (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  name text collate "C" generated always as ((data ->> 'name'::text)) stored not null,
  type text generated always as ((data ->> 'type'::text)) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  constraint connection_pkey PRIMARY KEY (id),
  constraint connection_state CHECK ((state = ANY (ARRAY['enabled'::text, 'paused'::text, 'removed'::text])))
);
CREATE UNIQUE INDEX connection_name ON connections.connection USING btree (name) WHERE (state <> 'removed'::text);

create table connections.idempotency (
  client text not null,
  key text not null,
  request_hash bytea not null,
  response jsonb not null,
  recorded_at timestamp(3) with time zone not null,
  constraint idempotency_pkey PRIMARY KEY (client, key)
);

create table connections.run (
  id text not null,
  connection_id text not null,
  state text not null,
  asked_by text not null,
  confirm_leavers boolean default false not null,
  queued_at timestamp(3) with time zone not null,
  started_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  attempts integer default 0 not null,
  progress jsonb default '{}'::jsonb not null,
  failure text,
  fingerprint_key_id text,
  counts jsonb default '{}'::jsonb not null,
  problems jsonb default '[]'::jsonb not null,
  blind_spots jsonb default '[]'::jsonb not null,
  constraint run_pkey PRIMARY KEY (id),
  constraint run_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'partial'::text, 'failed'::text, 'held'::text])))
);
CREATE INDEX run_connection ON connections.run USING btree (connection_id, queued_at DESC, id);
CREATE UNIQUE INDEX run_one ON connections.run USING btree (connection_id) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));
CREATE INDEX run_recent ON connections.run USING btree (queued_at DESC, id);
CREATE TRIGGER evidence_changed AFTER UPDATE ON connections.run REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'progress,attempts');
CREATE TRIGGER evidence_gone AFTER DELETE ON connections.run REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'progress,attempts');
CREATE TRIGGER evidence_made AFTER INSERT ON connections.run REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'progress,attempts');

create table connections.version (
  record_id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  valid_to timestamp(3) with time zone,
  recorded_at timestamp(3) with time zone not null,
  actor text not null,
  reason text,
  entry_id text not null,
  hash bytea not null,
  data jsonb not null,
  salt bytea,
  constraint version_pkey PRIMARY KEY (record_id, version, valid_from),
  constraint version_check CHECK ((valid_to > valid_from)),
  constraint version_version_check CHECK ((version >= 1))
);

grant insert, select, update on connections.connection to reeve_connections;
grant delete, insert, select on connections.idempotency to reeve_connections;
grant insert, select, update on connections.run to reeve_connections;
grant insert, select on connections.version to reeve_connections;
grant usage on schema connections to reeve_connections;

-- schema effect

create schema effect;

create table effect.alarm (
  id text not null,
  receiver text not null,
  about text not null,
  event text not null,
  detail text not null,
  next text not null,
  at timestamp(3) with time zone not null,
  attempts integer default 0 not null,
  next_at timestamp(3) with time zone,
  taken_at timestamp(3) with time zone,
  failure text,
  receipt_id text,
  constraint alarm_pkey PRIMARY KEY (id, receiver),
  constraint alarm_event_check CHECK ((event = ANY (ARRAY['unproven'::text, 'rolled_back'::text, 'needs_approval'::text, 'needs_credential'::text])))
);
CREATE INDEX alarm_next ON effect.alarm USING btree (next_at, id) WHERE (next_at IS NOT NULL);

create table effect.idempotency (
  client text not null,
  key text not null,
  request_hash bytea not null,
  response jsonb not null,
  recorded_at timestamp(3) with time zone not null,
  constraint idempotency_pkey PRIMARY KEY (client, key)
);

create table effect.plan (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  target_id text generated always as ((data ->> 'targetId'::text)) stored not null,
  account text generated always as ((data ->> 'account'::text)) stored not null,
  made_at text collate "C" generated always as ((data ->> 'madeAt'::text)) stored not null,
  next_at text collate "C" generated always as ((data ->> 'nextAt'::text)) stored,
  constraint plan_pkey PRIMARY KEY (id),
  constraint plan_state CHECK ((state = ANY (ARRAY['proposed'::text, 'running'::text, 'paused'::text, 'undoing'::text, 'verified'::text, 'unproven'::text, 'rolled_back'::text, 'undone'::text, 'cancelled'::text])))
);
CREATE INDEX plan_next ON effect.plan USING btree (next_at, id) WHERE (next_at IS NOT NULL);
CREATE UNIQUE INDEX plan_one ON effect.plan USING btree (target_id, account) WHERE ((state = ANY (ARRAY['running'::text, 'paused'::text, 'undoing'::text])) AND ((data ->> 'operation'::text) <> 'observe'::text));
CREATE INDEX plan_recent ON effect.plan USING btree (made_at DESC, id DESC);
CREATE TRIGGER plan_accepted_checked BEFORE INSERT OR UPDATE ON effect.plan FOR EACH ROW EXECUTE FUNCTION effect.check_accepted_ways();
CREATE TRIGGER plan_step_checked BEFORE INSERT OR UPDATE ON effect.plan FOR EACH ROW EXECUTE FUNCTION effect.check_plan_step();

create table effect.receipt (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  plan_id text generated always as ((data ->> 'planId'::text)) stored not null,
  constraint receipt_pkey PRIMARY KEY (id),
  constraint receipt_version_check CHECK ((version = 1))
);
CREATE INDEX receipt_plan ON effect.receipt USING btree (plan_id, recorded_at);

create table effect.restraint (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  observe_only boolean generated always as (((data ->> 'observeOnly'::text))::boolean) stored not null,
  constraint restraint_pkey PRIMARY KEY (id)
);

create table effect.target (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  name text collate "C" generated always as ((data #>> '{settings,name}'::text[])) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  constraint target_pkey PRIMARY KEY (id),
  constraint target_state CHECK ((state = ANY (ARRAY['enabled'::text, 'removed'::text])))
);
CREATE UNIQUE INDEX target_name ON effect.target USING btree (name) WHERE (state <> 'removed'::text);

create table effect.version (
  record_id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  valid_to timestamp(3) with time zone,
  recorded_at timestamp(3) with time zone not null,
  actor text not null,
  reason text,
  entry_id text not null,
  hash bytea not null,
  data jsonb not null,
  salt bytea,
  constraint version_pkey PRIMARY KEY (record_id, version, valid_from),
  constraint version_check CHECK ((valid_to > valid_from)),
  constraint version_version_check CHECK ((version >= 1))
);

CREATE OR REPLACE FUNCTION effect.check_accepted_ways()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  accepted jsonb := new.data -> 'acceptedWays';
begin
  if accepted is null or tg_op = 'UPDATE' and accepted is not distinct from old.data -> 'acceptedWays' then return new; end if;
  if coalesce(accepted ->> 'by' = new.data ->> 'plannedBy', true)
    or coalesce(jsonb_array_length(accepted -> 'behind'), 0) = 0
    or (accepted -> 'behind') ?| array(select jsonb_array_elements_text(new.data -> 'plannedBehind'))
  then
    raise exception 'who planned it does not accept what it saw'
      using errcode = 'check_violation', constraint = 'plan_accepter';
  end if;
  if tg_op = 'UPDATE' and old.data ->> 'state' = 'unproven'
    and accepted ->> 'receiptId' = old.data ->> 'receiptId'
  then return new; end if;
  raise exception 'only what a receipt shows is accepted'
    using errcode = 'check_violation', constraint = 'plan_accepted_shown';
end $function$;

CREATE OR REPLACE FUNCTION effect.check_plan_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if new.data #>> '{approval,by}' is not null
    and (new.data #>> '{approval,by}' = new.data ->> 'plannedBy'
      or (new.data #> '{approval,behind}') ?| array(select jsonb_array_elements_text(new.data -> 'plannedBehind')))
  then
    raise exception 'who planned it does not approve it'
      using errcode = 'check_violation', constraint = 'plan_approver';
  end if;
  if (new.data #>> '{approval,needed}')::boolean and new.data #>> '{approval,by}' is null
    and new.data ->> 'state' not in ('proposed', 'cancelled')
  then
    raise exception 'it was not approved' using errcode = 'check_violation', constraint = 'plan_approved';
  end if;
  if tg_op = 'INSERT' then
    if new.data ->> 'state' in ('proposed', 'running') then return new; end if;
  elsif new.data ->> 'state' = old.data ->> 'state'
    or (old.data ->> 'state', new.data ->> 'state') in (
      ('proposed', 'running'), ('proposed', 'cancelled'),
      ('running', 'paused'), ('running', 'verified'), ('running', 'unproven'), ('running', 'rolled_back'), ('running', 'undoing'),
      ('running', 'cancelled'), ('paused', 'running'), ('paused', 'cancelled'), ('paused', 'undoing'),
      ('undoing', 'rolled_back'), ('undoing', 'undone'), ('undoing', 'unproven'), ('undoing', 'paused'),
      ('unproven', 'running'), ('unproven', 'undoing'), ('verified', 'running'), ('verified', 'undoing'))
  then return new;
  end if;
  raise exception 'a plan takes no such step' using errcode = 'check_violation', constraint = 'plan_step';
end $function$;

grant delete, insert, select, update on effect.alarm to reeve_effect;
grant delete, insert, select on effect.idempotency to reeve_effect;
grant insert, select, update on effect.plan to reeve_effect;
grant insert, select on effect.receipt to reeve_effect;
grant insert, select, update on effect.restraint to reeve_effect;
grant insert, select, update on effect.target to reeve_effect;
grant insert, select on effect.version to reeve_effect;
grant usage on schema effect to reeve_effect;

-- schema evidence

create schema evidence;

create table evidence.checkpoint (
  size bigint not null,
  root bytea not null,
  note text not null,
  signed_at timestamp(3) with time zone not null,
  constraint checkpoint_pkey PRIMARY KEY (size),
  constraint checkpoint_size_check CHECK ((size >= 0))
);

create table evidence.cosignature (
  size bigint not null,
  witness text not null,
  line text not null,
  received_at timestamp(3) with time zone not null,
  constraint cosignature_pkey PRIMARY KEY (size, witness)
);
CREATE INDEX cosignature_witness ON evidence.cosignature USING btree (witness, size);

create table evidence.entry (
  id text not null,
  ordinal bigint generated always as identity not null,
  transaction xid8 default pg_current_xact_id() not null,
  written_by name default CURRENT_USER not null,
  layer text not null,
  type text not null,
  at timestamp(3) with time zone not null,
  actor text not null,
  on_behalf_of text,
  subjects text[] not null,
  record_id text,
  record_version integer,
  record_hash bytea,
  follows text[] default '{}'::text[] not null,
  content_hash bytea,
  salt bytea,
  reason text,
  content jsonb,
  constraint entry_pkey PRIMARY KEY (id),
  constraint entry_layer CHECK ((((written_by)::text <> ALL (ARRAY['reeve_identity'::text, 'reeve_access'::text, 'reeve_usage'::text, 'reeve_effect'::text, 'reeve_governance'::text, 'reeve_evidence'::text, 'reeve_connections'::text])) OR ((written_by)::text = ('reeve_'::text || layer))))
);
CREATE INDEX entry_about ON evidence.entry USING btree ((subjects[1])) WHERE (record_id IS NULL);
CREATE INDEX entry_follows ON evidence.entry USING gin (follows) WHERE (follows <> '{}'::text[]);
CREATE INDEX entry_key_rotated ON evidence.entry USING btree (id) WHERE (type = 'log.key_rotated'::text);
CREATE INDEX entry_record ON evidence.entry USING btree (record_id) WHERE (record_id IS NOT NULL);
CREATE INDEX entry_transaction ON evidence.entry USING btree (transaction);

create table evidence.retention (
  type text not null,
  days_min integer,
  constraint retention_pkey PRIMARY KEY (type),
  constraint retention_days_min_check CHECK ((days_min >= 0))
);

create table evidence.row_change (
  ordinal bigint generated always as identity not null,
  entry_id text not null,
  table_name text not null,
  key text,
  gone boolean not null,
  hash bytea not null,
  salt bytea,
  constraint row_change_pkey PRIMARY KEY (ordinal)
);

create table evidence.sequence (
  seq bigint not null,
  entry_id text not null,
  sequenced_at timestamp(3) with time zone not null,
  constraint sequence_pkey PRIMARY KEY (seq),
  constraint sequence_entry_id_key UNIQUE (entry_id),
  constraint sequence_seq_check CHECK ((seq >= 0))
);

create table evidence.watermark (
  one boolean default true not null,
  transaction xid8 not null,
  cluster text not null,
  constraint watermark_pkey PRIMARY KEY (one),
  constraint watermark_one_check CHECK (one)
);

CREATE OR REPLACE FUNCTION evidence.append_erased(entry_id text, act_at timestamp with time zone, act_actor text, act_reason text, person text, entries text[], versions text[], rows text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION evidence.append_rows(entry_id text, of_table text, rows bigint, root bytea, began boolean, ids text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION evidence.erase(person text, act_at timestamp with time zone, act_actor text, act_reason text, dry boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION evidence.erased(id text, data jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select case when data ? 'feedId'
    then jsonb_build_object('feedId', 'erased:' || id, 'name', 'erased', 'emails', '[]'::jsonb, 'handles', '[]'::jsonb,
                            'status', 'leaver', 'principalId', data -> 'principalId', 'source', data -> 'source')
    else (data - '{purpose,attestation,binding,exception,owner,formerOwner,integration,workloadScope}'::text[])
      || jsonb_build_object('externalId', 'erased:' || id, 'name', 'erased', 'refs', '[]'::jsonb, 'labels', '{}'::jsonb,
                            'attributes', '{}'::jsonb, 'searchText', '', 'backups', '[]'::jsonb, 'custodians', '[]'::jsonb,
                            'parties', '[]'::jsonb)
  end || '{"erased": "true"}'
$function$;

CREATE OR REPLACE FUNCTION evidence.fresh_entry_id()
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  ms bigint := floor(extract(epoch from clock_timestamp()) * 1000);
  said text := '';
begin
  for step in 1..10 loop
    said := substr('0123456789abcdefghjkmnpqrstvwxyz', (ms & 31)::int + 1, 1) || said;
    ms := ms >> 5;
  end loop;
  return 'evt_' || said || right(replace(gen_random_uuid()::text, '-', ''), 16);
end $function$;

CREATE OR REPLACE FUNCTION evidence.prune(of_type text, days integer, entry_id text, act_at timestamp with time zone, act_actor text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION evidence.row_key(whole jsonb, keys text[])
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ select jsonb_agg(whole -> k.name order by k.at) from unnest(keys) with ordinality as k (name, at) $function$;

CREATE OR REPLACE FUNCTION evidence.tell_first_rows(told text, key_columns text, left_out_columns text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET "DateStyle" TO 'ISO'
 SET bytea_output TO 'hex'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION evidence.tell_rows()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET "DateStyle" TO 'ISO'
 SET bytea_output TO 'hex'
AS $function$
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
end $function$;

grant insert, select on evidence.checkpoint to reeve_evidence;
grant insert, select on evidence.cosignature to reeve_evidence;
grant insert (actor, at, content, content_hash, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, salt, subjects, type) on evidence.entry to reeve_access;
grant insert (actor, at, content, content_hash, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, salt, subjects, type) on evidence.entry to reeve_connections;
grant insert (actor, at, content, content_hash, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, salt, subjects, type) on evidence.entry to reeve_effect;
grant insert (actor, at, content, content_hash, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, salt, subjects, type), select on evidence.entry to reeve_evidence;
grant insert (actor, at, content, content_hash, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, salt, subjects, type) on evidence.entry to reeve_governance;
grant insert (actor, at, content, content_hash, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, salt, subjects, type) on evidence.entry to reeve_identity;
grant insert (actor, at, content, content_hash, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, salt, subjects, type) on evidence.entry to reeve_usage;
grant select on evidence.retention to reeve_evidence;
grant select on evidence.row_change to reeve_evidence;
grant insert, select on evidence.sequence to reeve_evidence;
grant insert, select, update on evidence.watermark to reeve_evidence;
grant execute on function evidence.erase(text,timestamp with time zone,text,text,boolean) to reeve_evidence;
grant execute on function evidence.prune(text,integer,text,timestamp with time zone,text) to reeve_evidence;
grant usage on schema evidence to reeve_access;
grant usage on schema evidence to reeve_connections;
grant usage on schema evidence to reeve_effect;
grant usage on schema evidence to reeve_evidence;
grant usage on schema evidence to reeve_governance;
grant usage on schema evidence to reeve_identity;
grant usage on schema evidence to reeve_usage;

-- schema governance

create schema governance;

grant usage on schema governance to reeve_governance;

-- schema identity

create schema identity;

create table identity.challenge (
  nonce text not null,
  principal_id text not null,
  expires_at timestamp(3) with time zone not null,
  constraint challenge_pkey PRIMARY KEY (nonce)
);
CREATE INDEX challenge_expires ON identity.challenge USING btree (expires_at);

create table identity.credential (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  type text generated always as ((data ->> 'type'::text)) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  principal_id text generated always as ((data ->> 'principalId'::text)) stored,
  expires_at text collate "C" generated always as ((data ->> 'expiresAt'::text)) stored,
  gone_at text collate "C" generated always as ((data ->> 'goneAt'::text)) stored,
  constraint credential_pkey PRIMARY KEY (id),
  constraint credential_state CHECK ((state = ANY (ARRAY['live'::text, 'rotated'::text, 'leaked'::text, 'revoked'::text])))
);
CREATE INDEX credential_also ON identity.credential USING gin (((data -> 'alsoOf'::text)));
CREATE INDEX credential_also_of ON identity.credential USING gin (((data -> 'alsoOf'::text)) jsonb_path_ops) WHERE ((data -> 'alsoOf'::text) <> '[]'::jsonb);
CREATE INDEX credential_consumers ON identity.credential USING gin (((data -> 'consumers'::text)) jsonb_path_ops) WHERE ((data -> 'consumers'::text) <> '[]'::jsonb);
CREATE INDEX credential_expires ON identity.credential USING btree (expires_at, id) WHERE (expires_at IS NOT NULL);
CREATE INDEX credential_principal ON identity.credential USING btree (principal_id, id) WHERE (principal_id IS NOT NULL);
CREATE INDEX credential_state ON identity.credential USING btree (state, id) WHERE (state <> 'live'::text);
CREATE INDEX credential_type ON identity.credential USING btree (type, id);
CREATE TRIGGER outbox_changed AFTER UPDATE ON identity.credential REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_credential_changed();
CREATE TRIGGER outbox_made AFTER INSERT ON identity.credential REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_credential_made();

create table identity.exposure (
  id text not null,
  person_id text not null,
  credential_id text not null,
  how text not null,
  source text not null,
  at timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  entry_id text not null,
  constraint exposure_pkey PRIMARY KEY (id),
  constraint exposure_person_id_credential_id_how_source_at_key UNIQUE (person_id, credential_id, how, source, at),
  constraint exposure_how_check CHECK ((how = ANY (ARRAY['created'::text, 'held'::text, 'saw'::text])))
);
CREATE INDEX exposure_credential ON identity.exposure USING btree (credential_id);
CREATE TRIGGER evidence_changed AFTER UPDATE ON identity.exposure REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', '');
CREATE TRIGGER evidence_gone AFTER DELETE ON identity.exposure REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', '');
CREATE TRIGGER evidence_made AFTER INSERT ON identity.exposure REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', '');

create table identity.exposure_watch (
  source text not null,
  how text not null,
  since timestamp(3) with time zone not null,
  until timestamp(3) with time zone not null,
  constraint exposure_watch_pkey PRIMARY KEY (source, how),
  constraint exposure_watch_check CHECK ((until >= since)),
  constraint exposure_watch_how_check CHECK ((how = ANY (ARRAY['created'::text, 'held'::text, 'saw'::text])))
);
CREATE TRIGGER evidence_changed AFTER UPDATE ON identity.exposure_watch REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source,how', '');
CREATE TRIGGER evidence_gone AFTER DELETE ON identity.exposure_watch REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source,how', '');
CREATE TRIGGER evidence_made AFTER INSERT ON identity.exposure_watch REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source,how', '');

create table identity.feed_hold (
  source text not null,
  person_ids text[] not null,
  people integer not null,
  held_at timestamp(3) with time zone not null,
  constraint feed_hold_pkey PRIMARY KEY (source)
);
CREATE TRIGGER evidence_changed AFTER UPDATE ON identity.feed_hold REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source', '');
CREATE TRIGGER evidence_gone AFTER DELETE ON identity.feed_hold REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source', '');
CREATE TRIGGER evidence_made AFTER INSERT ON identity.feed_hold REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source', '');

create table identity.fingerprint (
  key_id text not null,
  value bytea not null,
  credential_id text not null,
  constraint fingerprint_pkey PRIMARY KEY (key_id, value, credential_id)
);
CREATE INDEX fingerprint_credential ON identity.fingerprint USING btree (credential_id);
CREATE TRIGGER evidence_changed AFTER UPDATE ON identity.fingerprint REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('key_id,value,credential_id', '');
CREATE TRIGGER evidence_gone AFTER DELETE ON identity.fingerprint REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('key_id,value,credential_id', '');
CREATE TRIGGER evidence_made AFTER INSERT ON identity.fingerprint REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('key_id,value,credential_id', '');

create table identity.idempotency (
  client text not null,
  key text not null,
  request_hash bytea not null,
  response jsonb not null,
  recorded_at timestamp(3) with time zone not null,
  constraint idempotency_pkey PRIMARY KEY (client, key)
);
CREATE INDEX idempotency_recorded ON identity.idempotency USING btree (recorded_at);

create table identity.match (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  a_id text generated always as ((data ->> 'aId'::text)) stored not null,
  b_id text generated always as ((data ->> 'bId'::text)) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  constraint match_pkey PRIMARY KEY (id),
  constraint match_state CHECK ((state = ANY (ARRAY['proposed'::text, 'confirmed'::text, 'rejected'::text, 'undone'::text])))
);
CREATE UNIQUE INDEX match_pair ON identity.match USING btree (a_id, b_id);
CREATE INDEX match_state_id ON identity.match USING btree (state, id);

create table identity.offer (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text generated always as ((data ->> 'principalId'::text)) stored not null,
  to_id text generated always as ((data #>> '{to,id}'::text[])) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  constraint offer_pkey PRIMARY KEY (id),
  constraint offer_state CHECK ((state = ANY (ARRAY['pending'::text, 'accepted'::text, 'declined'::text, 'withdrawn'::text])))
);
CREATE UNIQUE INDEX offer_pending ON identity.offer USING btree (principal_id) WHERE (state = 'pending'::text);
CREATE INDEX offer_to ON identity.offer USING btree (to_id, id) WHERE (state = 'pending'::text);

create table identity.person (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  feed_id text generated always as ((data ->> 'feedId'::text)) stored not null,
  name text collate "C" generated always as ("left"((data ->> 'name'::text), 200)) stored not null,
  status text generated always as ((data ->> 'status'::text)) stored not null,
  manager_feed_id text generated always as ((data ->> 'managerFeedId'::text)) stored,
  team_feed_id text generated always as ((data ->> 'teamFeedId'::text)) stored,
  principal_id text generated always as ((data ->> 'principalId'::text)) stored not null,
  constraint person_pkey PRIMARY KEY (id),
  constraint person_feed_id_key UNIQUE (feed_id),
  constraint person_principal_id_key UNIQUE (principal_id)
);
CREATE INDEX person_manager ON identity.person USING btree (manager_feed_id) WHERE (manager_feed_id IS NOT NULL);
CREATE INDEX person_name ON identity.person USING btree (name, id);
CREATE INDEX person_team ON identity.person USING btree (team_feed_id) WHERE (team_feed_id IS NOT NULL);

create table identity.presence (
  source_id text not null,
  record_id text not null,
  defines boolean not null,
  rank smallint not null,
  first_seen_at timestamp(3) with time zone not null,
  gone_at timestamp(3) with time zone,
  last_used_at timestamp(3) with time zone,
  constraint presence_pkey PRIMARY KEY (source_id, record_id),
  constraint presence_rank_check CHECK (((rank >= 0) AND (rank <= 2)))
);
CREATE INDEX presence_record ON identity.presence USING btree (record_id);
CREATE TRIGGER evidence_changed AFTER UPDATE ON identity.presence REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source_id,record_id', 'last_used_at');
CREATE TRIGGER evidence_gone AFTER DELETE ON identity.presence REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source_id,record_id', 'last_used_at');
CREATE TRIGGER evidence_made AFTER INSERT ON identity.presence REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('source_id,record_id', 'last_used_at');

create table identity.principal (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  kind text generated always as ((data ->> 'kind'::text)) stored not null,
  system text generated always as ((data ->> 'system'::text)) stored not null,
  external_id text generated always as ((data ->> 'externalId'::text)) stored not null,
  name text collate "C" generated always as ("left"((data ->> 'name'::text), 200)) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  environment text generated always as ((data #>> '{environment,value}'::text[])) stored not null,
  criticality text generated always as ((data #>> '{criticality,value}'::text[])) stored not null,
  tier text generated always as ((data #>> '{tier,value}'::text[])) stored not null,
  owner_id text generated always as ((data #>> '{owner,party,id}'::text[])) stored,
  vendor_id text generated always as ((data ->> 'vendorId'::text)) stored,
  person_id text generated always as ((data ->> 'personId'::text)) stored,
  expires_at text collate "C" generated always as ((data ->> 'expiresAt'::text)) stored,
  next_review_at text collate "C" generated always as ((data ->> 'nextReviewAt'::text)) stored,
  orphaned_at text collate "C" generated always as ((data ->> 'orphanedAt'::text)) stored,
  gone_at text collate "C" generated always as ((data ->> 'goneAt'::text)) stored,
  search tsvector generated always as ((to_tsvector('simple'::regconfig, "left"(COALESCE((data ->> 'searchText'::text), ''::text), 4000)) || array_to_tsvector(ARRAY[('~ '::text || substr(id, 5, 1))]))) stored not null,
  constraint principal_pkey PRIMARY KEY (id),
  constraint principal_active_complete CHECK (((state <> 'active'::text) OR ((data -> 'exception'::text) IS NOT NULL) OR ((COALESCE((data ->> 'kind'::text), ''::text) = 'human'::text) AND (COALESCE((data #>> '{provenance,how}'::text[]), ''::text) = 'feed'::text) AND ((data -> 'personId'::text) IS NOT NULL)) OR ((COALESCE((data #>> '{owner,from}'::text[]), ''::text) = 'stated'::text) AND ((data #>> '{purpose,value}'::text[]) IS NOT NULL) AND (((data ->> 'expiresAt'::text) IS NOT NULL) OR ((data ->> 'nextReviewAt'::text) IS NOT NULL)) AND ((COALESCE((data #>> '{tier,value}'::text[]), 'high'::text) <> ALL (ARRAY['high'::text, 'admin'::text])) OR (jsonb_path_exists(data, '$."backups"[*]?(@."from" == "stated")'::jsonpath) AND ((data -> 'binding'::text) IS NOT NULL)))))),
  constraint principal_state CHECK ((state = ANY (ARRAY['discovered'::text, 'registered'::text, 'active'::text, 'quarantined'::text, 'retired'::text])))
);
CREATE INDEX principal_criticality_name ON identity.principal USING btree (criticality, name, id);
CREATE INDEX principal_environment_name ON identity.principal USING btree (environment, name, id);
CREATE INDEX principal_expires ON identity.principal USING btree (expires_at, id) WHERE (expires_at IS NOT NULL);
CREATE INDEX principal_external ON identity.principal USING hash (external_id);
CREATE INDEX principal_gap_backup ON identity.principal USING btree (name, id) WHERE (((data ->> 'state'::text) <> 'retired'::text) AND ((data #>> '{tier,value}'::text[]) = ANY (ARRAY['high'::text, 'admin'::text])) AND (NOT (data @> '{"backups": [{"from": "stated"}]}'::jsonb)));
CREATE INDEX principal_gap_binding ON identity.principal USING btree (name, id) WHERE (((data ->> 'state'::text) <> 'retired'::text) AND ((data #>> '{tier,value}'::text[]) = ANY (ARRAY['high'::text, 'admin'::text])) AND ((data -> 'binding'::text) IS NULL));
CREATE INDEX principal_gap_end ON identity.principal USING btree (name, id) WHERE (((data ->> 'state'::text) <> 'retired'::text) AND ((data ->> 'expiresAt'::text) IS NULL) AND ((data ->> 'nextReviewAt'::text) IS NULL));
CREATE INDEX principal_gap_owner ON identity.principal USING btree (name, id) WHERE (((data ->> 'state'::text) <> 'retired'::text) AND ((data #>> '{owner,from}'::text[]) IS DISTINCT FROM 'stated'::text));
CREATE INDEX principal_gap_purpose ON identity.principal USING btree (name, id) WHERE (((data ->> 'state'::text) <> 'retired'::text) AND ((data #>> '{purpose,value}'::text[]) IS NULL));
CREATE INDEX principal_gone ON identity.principal USING btree (name, id) WHERE (gone_at IS NOT NULL);
CREATE INDEX principal_integration ON identity.principal USING btree (lower((data ->> 'integration'::text)), id) WHERE ((data ->> 'integration'::text) IS NOT NULL);
CREATE INDEX principal_kind_name ON identity.principal USING btree (kind, name, id);
CREATE INDEX principal_name ON identity.principal USING btree (name, id);
CREATE INDEX principal_orphan ON identity.principal USING btree (name, id) WHERE ((owner_id IS NULL) AND (state <> 'retired'::text));
CREATE INDEX principal_orphaned ON identity.principal USING btree (name, id) WHERE (orphaned_at IS NOT NULL);
CREATE INDEX principal_others ON identity.principal USING gin (((data -> 'parties'::text)) jsonb_path_ops) WHERE (((data -> 'backups'::text) <> '[]'::jsonb) OR ((data -> 'custodians'::text) <> '[]'::jsonb));
CREATE INDEX principal_owner ON identity.principal USING btree (owner_id, name, id) WHERE (owner_id IS NOT NULL);
CREATE INDEX principal_parties ON identity.principal USING gin (((data -> 'parties'::text)) jsonb_path_ops);
CREATE INDEX principal_person ON identity.principal USING btree (person_id) WHERE (person_id IS NOT NULL);
CREATE INDEX principal_review ON identity.principal USING btree (next_review_at, id) WHERE (next_review_at IS NOT NULL);
CREATE INDEX principal_search ON identity.principal USING gin (search);
CREATE INDEX principal_state_name ON identity.principal USING btree (state, name, id);
CREATE INDEX principal_system_name ON identity.principal USING btree (system, name, id);
CREATE INDEX principal_tier_name ON identity.principal USING btree (tier, name, id);
CREATE INDEX principal_vendor ON identity.principal USING btree (vendor_id, id) WHERE (vendor_id IS NOT NULL);
CREATE INDEX principal_workload_scope ON identity.principal USING btree (((data ->> 'workloadScope'::text)), id) WHERE ((data ->> 'workloadScope'::text) IS NOT NULL);
CREATE TRIGGER outbox_changed AFTER UPDATE ON identity.principal REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_principal_changed();
CREATE TRIGGER outbox_made AFTER INSERT ON identity.principal REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION outbox.on_principal_made();

create table identity.ref (
  ref text collate "C" not null,
  record_id text not null,
  constraint ref_pkey PRIMARY KEY (ref)
);
CREATE INDEX ref_record ON identity.ref USING btree (record_id);
CREATE TRIGGER evidence_changed AFTER UPDATE ON identity.ref REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('ref', '');
CREATE TRIGGER evidence_gone AFTER DELETE ON identity.ref REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('ref', '');
CREATE TRIGGER evidence_made AFTER INSERT ON identity.ref REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('ref', '');

create table identity.request (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  requested_by text generated always as ((data ->> 'requestedBy'::text)) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  constraint request_pkey PRIMARY KEY (id),
  constraint request_four_eyes CHECK (((state <> ALL (ARRAY['approved'::text, 'denied'::text])) OR (NOT COALESCE(identity.any_in_both((data -> 'requestedBehind'::text), (data -> 'decidedBehind'::text)), true)))),
  constraint request_state CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'denied'::text, 'withdrawn'::text])))
);
CREATE INDEX request_state_id ON identity.request USING btree (state, id);

create table identity.source (
  id text not null,
  name text not null,
  key_id text,
  read_at timestamp(3) with time zone not null,
  constraint source_pkey PRIMARY KEY (id)
);
CREATE TRIGGER evidence_changed AFTER UPDATE ON identity.source REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'read_at');
CREATE TRIGGER evidence_gone AFTER DELETE ON identity.source REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'read_at');
CREATE TRIGGER evidence_made AFTER INSERT ON identity.source REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidence.tell_rows('id', 'read_at');

create table identity.team (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  feed_id text generated always as ((data ->> 'feedId'::text)) stored not null,
  name text collate "C" generated always as ("left"((data ->> 'name'::text), 200)) stored not null,
  constraint team_pkey PRIMARY KEY (id),
  constraint team_feed_id_key UNIQUE (feed_id)
);
CREATE INDEX team_name ON identity.team USING btree (name, id);

create table identity.vendor (
  id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  recorded_at timestamp(3) with time zone not null,
  hash bytea not null,
  data jsonb not null,
  name text collate "C" generated always as ("left"((data ->> 'name'::text), 200)) stored not null,
  state text generated always as ((data ->> 'state'::text)) stored not null,
  constraint vendor_pkey PRIMARY KEY (id),
  constraint vendor_state CHECK ((state = ANY (ARRAY['active'::text, 'offboarded'::text])))
);
CREATE UNIQUE INDEX vendor_name ON identity.vendor USING btree (lower(name));

create table identity.version (
  record_id text not null,
  version integer not null,
  valid_from timestamp(3) with time zone not null,
  valid_to timestamp(3) with time zone,
  recorded_at timestamp(3) with time zone not null,
  actor text not null,
  reason text,
  entry_id text not null,
  hash bytea not null,
  data jsonb not null,
  salt bytea,
  constraint version_pkey PRIMARY KEY (record_id, version, valid_from),
  constraint version_check CHECK ((valid_to > valid_from)),
  constraint version_version_check CHECK ((version >= 1))
);
CREATE INDEX version_former_owner ON identity.version USING btree (((data #>> '{formerOwner,party,id}'::text[])), record_id) WHERE ((data #>> '{formerOwner,party,id}'::text[]) IS NOT NULL);
CREATE INDEX version_others ON identity.version USING gin (((data -> 'parties'::text)) jsonb_path_ops) WHERE (((data -> 'backups'::text) <> '[]'::jsonb) OR ((data -> 'custodians'::text) <> '[]'::jsonb));
CREATE INDEX version_owner ON identity.version USING btree (((data #>> '{owner,party,id}'::text[])), record_id) WHERE ((data #>> '{owner,party,id}'::text[]) IS NOT NULL);

CREATE OR REPLACE FUNCTION identity.any_in_both(a jsonb, b jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select exists (select from jsonb_array_elements_text(a) as one (word) where b ? one.word)
$function$;

grant execute on function identity.any_in_both(jsonb,jsonb) to reeve_identity;
grant delete, insert, select, update on identity.challenge to reeve_identity;
grant insert, select, update on identity.credential to reeve_identity;
grant insert, select on identity.exposure to reeve_identity;
grant insert, select, update on identity.exposure_watch to reeve_identity;
grant delete, insert, select, update on identity.feed_hold to reeve_identity;
grant delete, insert, select, update on identity.fingerprint to reeve_identity;
grant delete, insert, select, update on identity.idempotency to reeve_identity;
grant insert, select, update on identity.match to reeve_identity;
grant insert, select, update on identity.offer to reeve_identity;
grant insert, select, update on identity.person to reeve_identity;
grant insert, select, update on identity.presence to reeve_identity;
grant insert, select, update on identity.principal to reeve_identity;
grant delete, insert, select, update on identity.ref to reeve_identity;
grant insert, select, update on identity.request to reeve_identity;
grant insert, select, update on identity.source to reeve_identity;
grant insert, select, update on identity.team to reeve_identity;
grant insert, select, update on identity.vendor to reeve_identity;
grant insert, select on identity.version to reeve_identity;
grant usage on schema identity to reeve_identity;

-- schema jobs

create schema jobs;

create type jobs.job_state as enum ('created', 'retry', 'active', 'completed', 'cancelled', 'failed');

create table jobs.bam (
  id uuid default gen_random_uuid() not null,
  name text not null,
  version integer not null,
  status text default 'pending'::text not null,
  queue text,
  table_name text not null,
  command text not null,
  error text,
  created_on timestamp with time zone default clock_timestamp() not null,
  started_on timestamp with time zone,
  completed_on timestamp with time zone,
  constraint bam_pkey PRIMARY KEY (id)
);

create table jobs.instance (
  id uuid not null,
  name text,
  host text not null,
  pid integer not null,
  version text not null,
  node_version text not null,
  application_name text,
  heartbeat_seconds integer not null,
  supervise boolean not null,
  schedule boolean not null,
  migrate boolean not null,
  persist_queue_stats boolean not null,
  persist_warnings boolean not null,
  pool_max integer,
  pool_total integer,
  pool_idle integer,
  pool_waiting integer,
  workers jsonb default '[]'::jsonb not null,
  metrics jsonb,
  config jsonb default '{}'::jsonb not null,
  crash_restarts integer default 0 not null,
  crash_restarts_since timestamp with time zone,
  started_on timestamp with time zone default now() not null,
  heartbeat_on timestamp with time zone default now() not null,
  stopped_on timestamp with time zone,
  constraint instance_pkey PRIMARY KEY (id)
);

create table jobs.job (
  id uuid default gen_random_uuid() not null,
  name text not null,
  priority integer default 0 not null,
  data jsonb,
  state jobs.job_state default 'created'::jobs.job_state not null,
  retry_limit integer default 2 not null,
  retry_count integer default 0 not null,
  retry_delay integer default 0 not null,
  retry_backoff boolean default false not null,
  retry_delay_max integer,
  expire_seconds integer default 900 not null,
  deletion_seconds integer default 604800 not null,
  singleton_key text,
  singleton_on timestamp without time zone,
  group_id text,
  group_tier text,
  start_after timestamp with time zone default now() not null,
  created_on timestamp with time zone default now() not null,
  started_on timestamp with time zone,
  completed_on timestamp with time zone,
  keep_until timestamp with time zone default (now() + '336:00:00'::interval) not null,
  output jsonb,
  dead_letter text,
  policy text,
  heartbeat_on timestamp with time zone,
  heartbeat_seconds integer,
  blocked boolean default false not null,
  blocking boolean default false not null,
  pending_dependencies integer default 0 not null,
  source_name text,
  source_id uuid,
  source_created_on timestamp with time zone,
  source_retry_count integer,
  source_output jsonb,
  source_root_id uuid,
  trace_context jsonb,
  upsert_by_key boolean,
  constraint job_pkey PRIMARY KEY (name, id)
) partition by LIST (name);

create table jobs.job_common ( -- partition of jobs.job DEFAULT
  id uuid default gen_random_uuid() not null,
  name text not null,
  priority integer default 0 not null,
  data jsonb,
  state jobs.job_state default 'created'::jobs.job_state not null,
  retry_limit integer default 2 not null,
  retry_count integer default 0 not null,
  retry_delay integer default 0 not null,
  retry_backoff boolean default false not null,
  retry_delay_max integer,
  expire_seconds integer default 900 not null,
  deletion_seconds integer default 604800 not null,
  singleton_key text,
  singleton_on timestamp without time zone,
  group_id text,
  group_tier text,
  start_after timestamp with time zone default now() not null,
  created_on timestamp with time zone default now() not null,
  started_on timestamp with time zone,
  completed_on timestamp with time zone,
  keep_until timestamp with time zone default (now() + '336:00:00'::interval) not null,
  output jsonb,
  dead_letter text,
  policy text,
  heartbeat_on timestamp with time zone,
  heartbeat_seconds integer,
  blocked boolean default false not null,
  blocking boolean default false not null,
  pending_dependencies integer default 0 not null,
  source_name text,
  source_id uuid,
  source_created_on timestamp with time zone,
  source_retry_count integer,
  source_output jsonb,
  source_root_id uuid,
  trace_context jsonb,
  upsert_by_key boolean,
  constraint job_common_pkey PRIMARY KEY (name, id),
  constraint job_key_strict_fifo_singleton_key_check CHECK ((NOT ((policy = 'key_strict_fifo'::text) AND (singleton_key IS NULL)))),
  constraint dlq_fkey FOREIGN KEY (dead_letter) REFERENCES jobs.queue(name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,
  constraint q_fkey FOREIGN KEY (name) REFERENCES jobs.queue(name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX job_common_i1 ON jobs.job_common USING btree (name, COALESCE(singleton_key, ''::text)) WHERE ((state = 'created'::jobs.job_state) AND (policy = 'short'::text));
CREATE INDEX job_common_i10 ON jobs.job_common USING btree (name, singleton_key, state DESC, created_on, id) INCLUDE (start_after) WHERE ((state < 'active'::jobs.job_state) AND (NOT blocked) AND (policy = 'key_strict_fifo'::text));
CREATE INDEX job_common_i11 ON jobs.job_common USING btree (name, priority DESC, created_on, start_after) WHERE ((state < 'active'::jobs.job_state) AND (NOT blocked));
CREATE INDEX job_common_i12 ON jobs.job_common USING btree (source_root_id) WHERE (source_root_id IS NOT NULL);
CREATE UNIQUE INDEX job_common_i13 ON jobs.job_common USING btree (name, singleton_key) WHERE ((state = 'created'::jobs.job_state) AND upsert_by_key);
CREATE INDEX job_common_i14 ON jobs.job_common USING btree (name, state, blocked, start_after) WHERE (state = ANY (ARRAY['created'::jobs.job_state, 'retry'::jobs.job_state, 'active'::jobs.job_state, 'failed'::jobs.job_state]));
CREATE INDEX job_common_i15 ON jobs.job_common USING btree (name, created_on);
CREATE INDEX job_common_i16 ON jobs.job_common USING btree (name, completed_on) WHERE (completed_on IS NOT NULL);
CREATE INDEX job_common_i17 ON jobs.job_common USING btree (name, singleton_key, created_on) WHERE ((state < 'active'::jobs.job_state) AND (singleton_key IS NOT NULL));
CREATE UNIQUE INDEX job_common_i2 ON jobs.job_common USING btree (name, COALESCE(singleton_key, ''::text)) WHERE ((state = 'active'::jobs.job_state) AND (policy = 'singleton'::text));
CREATE UNIQUE INDEX job_common_i3 ON jobs.job_common USING btree (name, state, COALESCE(singleton_key, ''::text)) WHERE ((state <= 'active'::jobs.job_state) AND (policy = 'stately'::text));
CREATE UNIQUE INDEX job_common_i4 ON jobs.job_common USING btree (name, singleton_on, COALESCE(singleton_key, ''::text)) WHERE ((state <> 'cancelled'::jobs.job_state) AND (singleton_on IS NOT NULL));
CREATE UNIQUE INDEX job_common_i6 ON jobs.job_common USING btree (name, COALESCE(singleton_key, ''::text)) WHERE ((state <= 'active'::jobs.job_state) AND (policy = 'exclusive'::text));
CREATE INDEX job_common_i7 ON jobs.job_common USING btree (name, group_id) WHERE ((state = 'active'::jobs.job_state) AND (group_id IS NOT NULL));
CREATE UNIQUE INDEX job_common_i8 ON jobs.job_common USING btree (name, singleton_key) WHERE ((state = ANY (ARRAY['active'::jobs.job_state, 'retry'::jobs.job_state, 'failed'::jobs.job_state])) AND (policy = 'key_strict_fifo'::text));
CREATE INDEX job_common_i9 ON jobs.job_common USING btree (name, id) WHERE (blocking AND (state = 'completed'::jobs.job_state));

create table jobs.job_dependency (
  child_name text not null,
  child_id uuid not null,
  parent_name text not null,
  parent_id uuid not null,
  constraint job_dependency_pkey PRIMARY KEY (child_name, child_id, parent_name, parent_id)
);
CREATE INDEX job_dep_parent_idx ON jobs.job_dependency USING btree (parent_name, parent_id);

create table jobs.queue (
  name text not null,
  policy text not null,
  retry_limit integer not null,
  retry_delay integer not null,
  retry_backoff boolean not null,
  retry_delay_max integer,
  expire_seconds integer not null,
  retention_seconds integer not null,
  deletion_seconds integer not null,
  dead_letter text,
  partition boolean not null,
  table_name text not null,
  deferred_count integer default 0 not null,
  blocked_count integer default 0 not null,
  queued_count integer default 0 not null,
  ready_count integer default 0 not null,
  warning_queued integer default 0 not null,
  active_count integer default 0 not null,
  failed_count integer default 0 not null,
  total_count integer default 0 not null,
  retained_count integer,
  retained_on timestamp with time zone,
  created_delta integer default 0 not null,
  completed_delta integer default 0 not null,
  failed_delta integer default 0 not null,
  delta_on timestamp with time zone,
  delta_seconds integer,
  wait_bins integer[],
  run_bins integer[],
  ready_oldest_seconds integer,
  ready_history integer[] default '{}'::integer[] not null,
  heartbeat_seconds integer,
  notify boolean default false not null,
  singletons_active text[],
  monitor_claim_on timestamp with time zone,
  monitor_on timestamp with time zone,
  maintain_on timestamp with time zone,
  created_on timestamp with time zone default now() not null,
  updated_on timestamp with time zone default now() not null,
  constraint queue_pkey PRIMARY KEY (name),
  constraint queue_check CHECK ((dead_letter IS DISTINCT FROM name)),
  constraint queue_dead_letter_fkey FOREIGN KEY (dead_letter) REFERENCES jobs.queue(name)
);

create table jobs.queue_stats (
  id uuid default gen_random_uuid() not null,
  name text not null,
  deferred_count integer default 0 not null,
  queued_count integer default 0 not null,
  ready_count integer default 0 not null,
  active_count integer default 0 not null,
  failed_count integer default 0 not null,
  total_count integer default 0 not null,
  created_delta integer,
  completed_delta integer,
  failed_delta integer,
  delta_seconds integer,
  delta_on timestamp with time zone,
  wait_bins integer[],
  run_bins integer[],
  ready_oldest_seconds integer,
  captured_on timestamp with time zone default now() not null,
  constraint queue_stats_pkey PRIMARY KEY (id, captured_on)
) partition by RANGE (captured_on);
CREATE INDEX queue_stats_i1 ON ONLY jobs.queue_stats USING btree (name, captured_on DESC) INCLUDE (deferred_count, queued_count, ready_count, active_count, failed_count, total_count);

create table jobs.schedule (
  name text not null,
  key text default ''::text not null,
  kind text default 'cron'::text not null,
  cron text not null,
  timezone text default 'UTC'::text,
  data jsonb,
  options jsonb,
  created_on timestamp with time zone default now() not null,
  updated_on timestamp with time zone default now() not null,
  last_job_id uuid,
  constraint schedule_pkey PRIMARY KEY (name, key),
  constraint schedule_kind_check CHECK ((kind = ANY (ARRAY['cron'::text, 'rrule'::text]))),
  constraint schedule_name_fkey FOREIGN KEY (name) REFERENCES jobs.queue(name) ON DELETE CASCADE
);

create table jobs.subscription (
  event text not null,
  name text not null,
  created_on timestamp with time zone default now() not null,
  updated_on timestamp with time zone default now() not null,
  constraint subscription_pkey PRIMARY KEY (event, name),
  constraint subscription_name_fkey FOREIGN KEY (name) REFERENCES jobs.queue(name) ON DELETE CASCADE
);

create table jobs.version (
  version integer not null,
  cron_on timestamp with time zone,
  bam_on timestamp with time zone,
  flow_on timestamp with time zone,
  reindex_on timestamp with time zone,
  monitor_backoff_on timestamp with time zone,
  constraint version_pkey PRIMARY KEY (version)
);

create table jobs.warning (
  id uuid default gen_random_uuid() not null,
  type text not null,
  message text not null,
  data jsonb,
  created_on timestamp with time zone default now() not null,
  constraint warning_pkey PRIMARY KEY (id)
);
CREATE INDEX warning_i1 ON jobs.warning USING btree (created_on DESC);

CREATE OR REPLACE FUNCTION jobs.create_queue(queue_name text, options jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
    DECLARE
      tablename varchar := CASE WHEN options->>'partition' = 'true'
                            THEN 'j' || encode(sha224(queue_name::bytea), 'hex')
                            ELSE 'job_common'
                            END;
      queue_created_on timestamptz;
    BEGIN

      WITH q as (
        INSERT INTO jobs.queue (
          name,
          policy,
          retry_limit,
          retry_delay,
          retry_backoff,
          retry_delay_max,
          expire_seconds,
          retention_seconds,
          deletion_seconds,
          warning_queued,
          dead_letter,
          partition,
          table_name,
          heartbeat_seconds,
          notify,
          created_on,
          updated_on
        )
        VALUES (
          queue_name,
          options->>'policy',
          COALESCE((options->>'retryLimit')::int, 2),
          COALESCE((options->>'retryDelay')::int, 0),
          COALESCE((options->>'retryBackoff')::bool, false),
          (options->>'retryDelayMax')::int,
          COALESCE((options->>'expireInSeconds')::int, 900),
          COALESCE((options->>'retentionSeconds')::int, 1209600),
          COALESCE((options->>'deleteAfterSeconds')::int, 604800),
          COALESCE((options->>'warningQueueSize')::int, 0),
          options->>'deadLetter',
          COALESCE((options->>'partition')::bool, false),
          tablename,
          (options->>'heartbeatSeconds')::int,
          COALESCE((options->>'notify')::bool, false),
          jobs.job_now(),
          jobs.job_now()
        )
        ON CONFLICT DO NOTHING
        RETURNING created_on
      )
      SELECT created_on into queue_created_on from q;

      IF queue_created_on IS NULL OR options->>'partition' IS DISTINCT FROM 'true' THEN
        RETURN;
      END IF;

      EXECUTE format('CREATE TABLE jobs.%I (LIKE jobs.job INCLUDING DEFAULTS)', tablename);

      EXECUTE jobs.job_table_format($cmd$ALTER TABLE jobs.job ADD PRIMARY KEY (name, id)$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$ALTER TABLE jobs.job ADD CONSTRAINT q_fkey FOREIGN KEY (name) REFERENCES jobs.queue (name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$ALTER TABLE jobs.job ADD CONSTRAINT dlq_fkey FOREIGN KEY (dead_letter) REFERENCES jobs.queue (name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED$cmd$, tablename);

      EXECUTE jobs.job_table_format($cmd$CREATE INDEX job_i11 ON jobs.job (name, priority DESC, created_on, start_after) WHERE state < 'active' AND NOT blocked$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$CREATE UNIQUE INDEX job_i4 ON jobs.job (name, singleton_on, COALESCE(singleton_key, '')) WHERE state <> 'cancelled' AND singleton_on IS NOT NULL$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$CREATE INDEX job_i7 ON jobs.job (name, group_id) WHERE state = 'active' AND group_id IS NOT NULL$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$CREATE INDEX job_i9 ON jobs.job (name, id) WHERE blocking AND state = 'completed'$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$CREATE INDEX job_i12 ON jobs.job (source_root_id) WHERE source_root_id IS NOT NULL$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$CREATE UNIQUE INDEX job_i13 ON jobs.job (name, singleton_key) WHERE state = 'created' AND upsert_by_key$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$CREATE INDEX job_i14 ON jobs.job (name, state, blocked, start_after) WHERE state IN ('created', 'retry', 'active', 'failed')$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$CREATE INDEX job_i15 ON jobs.job (name, created_on)$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$CREATE INDEX job_i16 ON jobs.job (name, completed_on) WHERE completed_on IS NOT NULL$cmd$, tablename);
      EXECUTE jobs.job_table_format($cmd$CREATE INDEX job_i17 ON jobs.job (name, singleton_key, created_on) WHERE state < 'active' AND singleton_key IS NOT NULL$cmd$, tablename);

      IF options->>'policy' = 'short' THEN
        EXECUTE jobs.job_table_format($cmd$CREATE UNIQUE INDEX job_i1 ON jobs.job (name, COALESCE(singleton_key, '')) WHERE state = 'created' AND policy = 'short'$cmd$, tablename);
      ELSIF options->>'policy' = 'singleton' THEN
        EXECUTE jobs.job_table_format($cmd$CREATE UNIQUE INDEX job_i2 ON jobs.job (name, COALESCE(singleton_key, '')) WHERE state = 'active' AND policy = 'singleton'$cmd$, tablename);
      ELSIF options->>'policy' = 'stately' THEN
        EXECUTE jobs.job_table_format($cmd$CREATE UNIQUE INDEX job_i3 ON jobs.job (name, state, COALESCE(singleton_key, '')) WHERE state <= 'active' AND policy = 'stately'$cmd$, tablename);
      ELSIF options->>'policy' = 'exclusive' THEN
        EXECUTE jobs.job_table_format($cmd$CREATE UNIQUE INDEX job_i6 ON jobs.job (name, COALESCE(singleton_key, '')) WHERE state <= 'active' AND policy = 'exclusive'$cmd$, tablename);
      ELSIF options->>'policy' = 'key_strict_fifo' THEN
        EXECUTE jobs.job_table_format($cmd$CREATE UNIQUE INDEX job_i8 ON jobs.job (name, singleton_key) WHERE state IN ('active', 'retry', 'failed') AND policy = 'key_strict_fifo'$cmd$, tablename);
        EXECUTE jobs.job_table_format($cmd$CREATE INDEX job_i10 ON jobs.job (name, singleton_key, state DESC, created_on, id) INCLUDE (start_after) WHERE state < 'active' AND NOT blocked AND policy = 'key_strict_fifo'$cmd$, tablename);
        EXECUTE jobs.job_table_format($cmd$ALTER TABLE jobs.job ADD CONSTRAINT job_key_strict_fifo_singleton_key_check CHECK (NOT (policy = 'key_strict_fifo' AND singleton_key IS NULL))$cmd$, tablename);
      END IF;

      EXECUTE format('ALTER TABLE jobs.%I ADD CONSTRAINT cjc CHECK (name=%L)', tablename, queue_name);
      EXECUTE format('ALTER TABLE jobs.job ATTACH PARTITION jobs.%I FOR VALUES IN (%L)', tablename, queue_name);
    END;
    $function$;

CREATE OR REPLACE FUNCTION jobs.delete_queue(queue_name text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
    DECLARE
      v_table varchar;
      v_partition bool;
    BEGIN

      SELECT table_name, partition
      FROM jobs.queue
      WHERE name = queue_name
      INTO v_table, v_partition;

      IF v_partition THEN
        EXECUTE format('DROP TABLE IF EXISTS jobs.%I', v_table);
      ELSE
        EXECUTE format('DELETE FROM jobs.%I WHERE name = %L', v_table, queue_name);
      END IF;

      DELETE FROM jobs.queue WHERE name = queue_name;
    END;
    $function$;

CREATE OR REPLACE FUNCTION jobs.job_now()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
      SELECT pg_catalog.now();
    $function$;

CREATE OR REPLACE FUNCTION jobs.job_table_format(command text, table_name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
      SELECT format(
        regexp_replace(
          regexp_replace(command, '\.job\y', '.%1$I', 'g'),
          '\yjob_i(\d+)', '%1$s_i\1', 'g'
        ),
        table_name
      );
    $function$;

CREATE OR REPLACE FUNCTION jobs.job_table_run(command text, tbl_name text DEFAULT NULL::text, queue_name text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
    DECLARE
      tbl RECORD;
    BEGIN
      IF queue_name IS NOT NULL THEN
        SELECT table_name INTO tbl_name FROM jobs.queue WHERE name = queue_name;
      END IF;

      IF tbl_name IS NOT NULL THEN
        EXECUTE jobs.job_table_format(command, tbl_name);
        RETURN;
      END IF;

      EXECUTE jobs.job_table_format(command, 'job_common');

      FOR tbl IN SELECT table_name FROM jobs.queue WHERE partition = true
      LOOP
        EXECUTE jobs.job_table_format(command, tbl.table_name);
      END LOOP;
    END;
    $function$;

CREATE OR REPLACE FUNCTION jobs.job_table_run_async(command_name text, version integer, command text, tbl_name text DEFAULT NULL::text, queue_name text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
    BEGIN
      IF queue_name IS NOT NULL THEN
        SELECT table_name INTO tbl_name FROM jobs.queue WHERE name = queue_name;
      END IF;

      IF tbl_name IS NOT NULL THEN
        INSERT INTO jobs.bam (name, version, status, queue, table_name, command)
        VALUES (
          command_name,
          version,
          'pending',
          queue_name,
          tbl_name,
          jobs.job_table_format(command, tbl_name)
        );
        RETURN;
      END IF;

      INSERT INTO jobs.bam (name, version, status, queue, table_name, command)
      SELECT
        command_name,
        version,
        'pending',
        NULL,
        'job_common',
        jobs.job_table_format(command, 'job_common')
      UNION ALL
      SELECT
        command_name,
        version,
        'pending',
        queue.name,
        queue.table_name,
        jobs.job_table_format(command, queue.table_name)
      FROM jobs.queue
      WHERE partition = true;
    END;
    $function$;

grant execute on function jobs.create_queue(text,jsonb) to public;
grant execute on function jobs.delete_queue(text) to public;
grant execute on function jobs.job_now() to public;
grant execute on function jobs.job_table_format(text,text) to public;
grant execute on function jobs.job_table_run(text,text,text) to public;
grant execute on function jobs.job_table_run_async(text,integer,text,text,text) to public;
grant delete, insert, select, update on jobs.bam to reeve_connections;
grant delete, insert, select, update on jobs.instance to reeve_connections;
grant delete, insert, select, update on jobs.job to reeve_connections;
grant delete, insert, select, update on jobs.job_common to reeve_connections;
grant delete, insert, select, update on jobs.job_dependency to reeve_connections;
grant delete, insert, select, update on jobs.queue to reeve_connections;
grant delete, insert, select, update on jobs.queue_stats to reeve_connections;
grant delete, insert, select, update on jobs.schedule to reeve_connections;
grant delete, insert, select, update on jobs.subscription to reeve_connections;
grant delete, insert, select, update on jobs.version to reeve_connections;
grant delete, insert, select, update on jobs.warning to reeve_connections;
grant usage on schema jobs to reeve_connections;

-- schema outbox

create schema outbox;

create table outbox.change (
  id bigint generated always as identity not null,
  transaction xid8 default pg_current_xact_id() not null,
  kind text not null,
  subjects text[] not null,
  at timestamp(3) with time zone default now() not null,
  constraint change_pkey PRIMARY KEY (id)
);
CREATE INDEX change_transaction ON outbox.change USING btree (transaction, id);

create table outbox.epoch (
  one boolean default true not null,
  id text not null,
  constraint epoch_pkey PRIMARY KEY (one),
  constraint epoch_one_check CHECK (one)
);

CREATE OR REPLACE FUNCTION outbox.on_credential_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform outbox.tell('credential', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state)))
  from new_rows n join old_rows o on o.id = n.id
  where (n.state, n.principal_id, n.expires_at) is distinct from (o.state, o.principal_id, o.expires_at);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION outbox.on_credential_made()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform outbox.tell('credential', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state)))
  from new_rows n;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION outbox.on_denial()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform outbox.tell('denial', array_agg(n.subject_id),
    jsonb_agg(jsonb_build_array(n.subject_id, (extract(epoch from n.recorded_at) * 1000)::bigint,
      case when n.lifted_at is null then 'denied' else 'lifted' end)))
  from new_rows n;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION outbox.on_grant()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform outbox.tell('grant', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state))) from new_rows n;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION outbox.on_policy()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform outbox.tell('policy', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state))) from new_rows n;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION outbox.on_principal_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform outbox.tell('principal', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state)))
  from new_rows n join old_rows o on o.id = n.id
  -- what no decision reads is no news
  where (n.state, n.kind, n.system, n.external_id, n.environment, n.criticality, n.tier)
      is distinct from (o.state, o.kind, o.system, o.external_id, o.environment, o.criticality, o.tier)
    or (n.expires_at, n.next_review_at, n.gone_at) is distinct from (o.expires_at, o.next_review_at, o.gone_at)
    or n.person_id is distinct from o.person_id
    or n.data #>> '{owner,from}' is distinct from o.data #>> '{owner,from}'
    or (n.data -> 'binding' is null) <> (o.data -> 'binding' is null)
    or n.data ->> 'effect' is distinct from o.data ->> 'effect'
    or n.data -> 'labels' is distinct from o.data -> 'labels';
  return null;
end $function$;

CREATE OR REPLACE FUNCTION outbox.on_principal_made()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform outbox.tell('principal', array_agg(n.id), jsonb_agg(jsonb_build_array(n.id, n.version, n.state)))
  from new_rows n;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION outbox.on_token_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  -- a token has no versions: what was revoked stays revoked
  perform outbox.tell('token', array_agg(n.id),
    jsonb_agg(jsonb_build_array(n.id, 1, case when n.revoked_at is null then 'live' else 'revoked' end)))
  from new_rows n join old_rows o on o.id = n.id
  -- the day of its last use is no news
  where (n.revoked_at, n.expires_at, n.scopes, n.hash) is distinct from (o.revoked_at, o.expires_at, o.scopes, o.hash);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION outbox.on_token_made()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform outbox.tell('token', array_agg(n.id), null) from new_rows n;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION outbox.tell(kind text, subjects text[], said jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  change_id bigint;
begin
  if subjects is null then return; end if;
  insert into outbox.change (kind, subjects) values (tell.kind, tell.subjects) returning id into change_id;
  perform pg_notify('reeve_outbox', jsonb_build_object(
    'id', change_id, 'kind', tell.kind,
    'said', case when cardinality(tell.subjects) <= 20 then tell.said end)::text);
end $function$;

grant select on outbox.change to reeve_access;
grant select on outbox.epoch to reeve_access;
grant usage on schema outbox to reeve_access;

-- schema public

create schema public;

grant usage on schema public to public;

-- schema reeve

create schema reeve;

create table reeve.migration (
  number integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamp(3) with time zone default now() not null,
  release text not null,
  constraint migration_pkey PRIMARY KEY (number)
);

-- schema usage

create schema usage;

grant usage on schema usage to reeve_usage;
