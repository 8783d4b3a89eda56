-- Made by `npm run schema` from the migrations; not edited by hand.

-- schema access

create schema access;

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
  constraint entitlement_pkey PRIMARY KEY (id)
);
CREATE INDEX entitlement_principal ON access.entitlement USING btree (principal_id, id);

create table access.idempotency (
  client text not null,
  key text not null,
  request_hash bytea not null,
  response jsonb not null,
  recorded_at timestamp(3) with time zone not null,
  constraint idempotency_pkey PRIMARY KEY (client, key)
);

create table access.presence (
  source_id text not null,
  record_id text not null,
  first_seen_at timestamp(3) with time zone not null,
  gone_at timestamp(3) with time zone,
  constraint presence_pkey PRIMARY KEY (source_id, record_id)
);
CREATE INDEX presence_record ON access.presence USING btree (record_id);

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

create table access.seen (
  run_id text not null,
  record_id text not null,
  constraint seen_pkey PRIMARY KEY (run_id, record_id)
);

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
  constraint token_pkey PRIMARY KEY (id),
  constraint token_hash_key UNIQUE (hash),
  constraint token_subject CHECK ((((((principal_id IS NOT NULL))::integer + ((person_id IS NOT NULL))::integer) + (bootstrap)::integer) = 1))
);
CREATE INDEX token_person ON access.token USING btree (person_id) WHERE (person_id IS NOT NULL);
CREATE INDEX token_principal ON access.token USING btree (principal_id) WHERE (principal_id IS NOT NULL);

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
  constraint version_pkey PRIMARY KEY (record_id, version, valid_from),
  constraint version_check CHECK ((valid_to > valid_from)),
  constraint version_version_check CHECK ((version >= 1))
);

grant insert, select, update on access.account to reeve_access;
grant insert, select, update on access.entitlement to reeve_access;
grant delete, insert, select on access.idempotency to reeve_access;
grant insert, select, update on access.presence to reeve_access;
grant insert, select, update (ended_at, ended_by) on access.role_assignment to reeve_access;
grant delete, insert, select on access.seen to reeve_access;
grant insert, select, update (revoked_at, revoked_by, used_on) on access.token to reeve_access;
grant insert, select on access.version to reeve_access;
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
  queued_at timestamp(3) with time zone not null,
  started_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  counts jsonb default '{}'::jsonb not null,
  problems jsonb default '[]'::jsonb not null,
  blind_spots jsonb default '[]'::jsonb not null,
  constraint run_pkey PRIMARY KEY (id),
  constraint run_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'partial'::text, 'failed'::text, 'held'::text])))
);
CREATE INDEX run_connection ON connections.run USING btree (connection_id, queued_at DESC, id);
CREATE UNIQUE INDEX run_one ON connections.run USING btree (connection_id) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));

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

grant usage on schema effect to reeve_effect;

-- schema evidence

create schema evidence;

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
  reason text,
  follows text[] default '{}'::text[] not null,
  content jsonb default '{}'::jsonb not null,
  constraint entry_pkey PRIMARY KEY (id)
);
CREATE INDEX entry_record ON evidence.entry USING btree (record_id) WHERE (record_id IS NOT NULL);
CREATE INDEX entry_transaction ON evidence.entry USING btree (transaction);

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

grant insert (actor, at, content, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, subjects, type) on evidence.entry to reeve_access;
grant insert (actor, at, content, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, subjects, type) on evidence.entry to reeve_connections;
grant insert (actor, at, content, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, subjects, type) on evidence.entry to reeve_effect;
grant insert (actor, at, content, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, subjects, type), select on evidence.entry to reeve_evidence;
grant insert (actor, at, content, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, subjects, type) on evidence.entry to reeve_governance;
grant insert (actor, at, content, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, subjects, type) on evidence.entry to reeve_identity;
grant insert (actor, at, content, follows, id, layer, on_behalf_of, reason, record_hash, record_id, record_version, subjects, type) on evidence.entry to reeve_usage;
grant insert, select on evidence.sequence to reeve_evidence;
grant insert, select, update on evidence.watermark to reeve_evidence;
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
CREATE INDEX credential_expires ON identity.credential USING btree (expires_at, id) WHERE (expires_at IS NOT NULL);
CREATE INDEX credential_principal ON identity.credential USING btree (principal_id, id) WHERE (principal_id IS NOT NULL);
CREATE INDEX credential_state ON identity.credential USING btree (state, id) WHERE (state <> 'live'::text);
CREATE INDEX credential_type ON identity.credential USING btree (type, id);

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

create table identity.fingerprint (
  key_id text not null,
  value bytea not null,
  credential_id text not null,
  constraint fingerprint_pkey PRIMARY KEY (key_id, value, credential_id)
);
CREATE INDEX fingerprint_credential ON identity.fingerprint USING btree (credential_id);

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
  first_seen_at timestamp(3) with time zone not null,
  gone_at timestamp(3) with time zone,
  last_used_at timestamp(3) with time zone,
  constraint presence_pkey PRIMARY KEY (source_id, record_id)
);
CREATE INDEX presence_record ON identity.presence USING btree (record_id);

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
  search tsvector generated always as (to_tsvector('simple'::regconfig, "left"(COALESCE((data ->> 'searchText'::text), ''::text), 4000))) stored not null,
  constraint principal_pkey PRIMARY KEY (id),
  constraint principal_active_complete CHECK (((state <> 'active'::text) OR ((data -> 'exception'::text) IS NOT NULL) OR (((data #>> '{owner,from}'::text[]) = 'stated'::text) AND ((data #>> '{purpose,value}'::text[]) IS NOT NULL) AND (((data ->> 'expiresAt'::text) IS NOT NULL) OR ((data ->> 'nextReviewAt'::text) IS NOT NULL)) AND (((data #>> '{tier,value}'::text[]) <> ALL (ARRAY['high'::text, 'admin'::text])) OR (jsonb_path_exists(data, '$."backups"[*]?(@."from" == "stated")'::jsonpath) AND ((data -> 'binding'::text) IS NOT NULL)))))),
  constraint principal_state CHECK ((state = ANY (ARRAY['discovered'::text, 'registered'::text, 'active'::text, 'quarantined'::text, 'retired'::text])))
);
CREATE INDEX principal_expires ON identity.principal USING btree (expires_at, id) WHERE (expires_at IS NOT NULL);
CREATE INDEX principal_kind_name ON identity.principal USING btree (kind, name, id);
CREATE INDEX principal_name ON identity.principal USING btree (name, id);
CREATE INDEX principal_orphan ON identity.principal USING btree (name, id) WHERE ((owner_id IS NULL) AND (state <> 'retired'::text));
CREATE INDEX principal_owner ON identity.principal USING btree (owner_id, name, id) WHERE (owner_id IS NOT NULL);
CREATE INDEX principal_parties ON identity.principal USING gin (((data -> 'parties'::text)) jsonb_path_ops);
CREATE INDEX principal_person ON identity.principal USING btree (person_id) WHERE (person_id IS NOT NULL);
CREATE INDEX principal_review ON identity.principal USING btree (next_review_at, id) WHERE (next_review_at IS NOT NULL);
CREATE INDEX principal_search ON identity.principal USING gin (search);
CREATE INDEX principal_state_name ON identity.principal USING btree (state, name, id);
CREATE INDEX principal_vendor ON identity.principal USING btree (vendor_id, id) WHERE (vendor_id IS NOT NULL);

create table identity.ref (
  ref text collate "C" not null,
  record_id text not null,
  constraint ref_pkey PRIMARY KEY (ref)
);
CREATE INDEX ref_record ON identity.ref USING btree (record_id);

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
  constraint request_four_eyes CHECK (((state <> ALL (ARRAY['approved'::text, 'denied'::text])) OR ((data ->> 'decidedByPerson'::text) IS DISTINCT FROM (data ->> 'requestedByPerson'::text)))),
  constraint request_state CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'denied'::text, 'withdrawn'::text])))
);
CREATE INDEX request_state_id ON identity.request USING btree (state, id);

create table identity.seen (
  run_id text not null,
  record_id text not null,
  constraint seen_pkey PRIMARY KEY (run_id, record_id)
);

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
  constraint version_pkey PRIMARY KEY (record_id, version, valid_from),
  constraint version_check CHECK ((valid_to > valid_from)),
  constraint version_version_check CHECK ((version >= 1))
);
CREATE INDEX version_owner ON identity.version USING btree (((data #>> '{owner,party,id}'::text[])), record_id) WHERE ((data #>> '{owner,party,id}'::text[]) IS NOT NULL);

grant delete, insert, select, update on identity.challenge to reeve_identity;
grant insert, select, update on identity.credential to reeve_identity;
grant insert, select on identity.exposure to reeve_identity;
grant delete, insert, select, update on identity.fingerprint to reeve_identity;
grant delete, insert, select, update on identity.idempotency to reeve_identity;
grant insert, select, update on identity.match to reeve_identity;
grant insert, select, update on identity.offer to reeve_identity;
grant insert, select, update on identity.person to reeve_identity;
grant insert, select, update on identity.presence to reeve_identity;
grant insert, select, update on identity.principal to reeve_identity;
grant delete, insert, select, update on identity.ref to reeve_identity;
grant insert, select, update on identity.request to reeve_identity;
grant delete, insert, select, update on identity.seen to reeve_identity;
grant insert, select, update on identity.team to reeve_identity;
grant insert, select, update on identity.vendor to reeve_identity;
grant insert, select on identity.version to reeve_identity;
grant usage on schema identity to reeve_identity;

-- schema jobs

create schema jobs;

grant usage on schema jobs to reeve_connections;

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
