-- Identity: the roll. `version` holds every version of every record on two time axes and is only added to. Each other
-- record table holds the present version once more; what is searched in it is generated from `data`, so the two cannot differ.

create table identity.version (
  record_id text not null,
  version integer not null check (version >= 1),
  -- when it held in the world: [valid_from, valid_to)
  valid_from timestamptz(3) not null,
  valid_to timestamptz(3) check (valid_to > valid_from),
  -- when we came to know it
  recorded_at timestamptz(3) not null,
  actor text not null,
  reason text,
  entry_id text not null,
  -- of all segments of this version together
  hash bytea not null,
  data jsonb not null,
  primary key (record_id, version, valid_from)
);

create table identity.principal (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  kind text not null generated always as (data ->> 'kind') stored,
  system text not null generated always as (data ->> 'system') stored,
  external_id text not null generated always as (data ->> 'externalId') stored,
  name text collate "C" not null generated always as (left(data ->> 'name', 200)) stored,
  state text not null generated always as (data ->> 'state') stored,
  environment text not null generated always as (data #>> '{environment,value}') stored,
  criticality text not null generated always as (data #>> '{criticality,value}') stored,
  tier text not null generated always as (data #>> '{tier,value}') stored,
  owner_id text generated always as (data #>> '{owner,party,id}') stored,
  vendor_id text generated always as (data ->> 'vendorId') stored,
  person_id text generated always as (data ->> 'personId') stored,
  -- instants as text of one form: they sort as instants do
  expires_at text collate "C" generated always as (data ->> 'expiresAt') stored,
  next_review_at text collate "C" generated always as (data ->> 'nextReviewAt') stored,
  orphaned_at text collate "C" generated always as (data ->> 'orphanedAt') stored,
  gone_at text collate "C" generated always as (data ->> 'goneAt') stored,
  -- beside the words the first character of the id (`~ a`, which no word can be), so that a search can go through the roll in the order of ids
  search tsvector not null generated always as (
    to_tsvector('simple'::regconfig, left(coalesce(data ->> 'searchText', ''), 4000))
    || array_to_tsvector(array['~ ' || substr(id, 5, 1)])
  ) stored,
  constraint principal_state check (state in ('discovered', 'registered', 'active', 'quarantined', 'retired')),
  -- an active principal has an owner who accepted, a purpose and an end or a review, or a recorded exception.
  -- No term may be null: a check that is null holds
  constraint principal_active_complete check (
    state <> 'active'
    or data -> 'exception' is not null
    or (
      coalesce(data #>> '{owner,from}', '') = 'stated'
      and data #>> '{purpose,value}' is not null
      and (data ->> 'expiresAt' is not null or data ->> 'nextReviewAt' is not null)
      and (
        coalesce(data #>> '{tier,value}', 'high') not in ('high', 'admin')
        or (
          jsonb_path_exists(data, '$.backups[*] ? (@.from == "stated")') and data -> 'binding' is not null
        )
      )
    )
  )
);
create index principal_name on identity.principal (name, id);
create index principal_state_name on identity.principal (state, name, id);
create index principal_kind_name on identity.principal (kind, name, id);
create index principal_system_name on identity.principal (system, name, id);
create index principal_environment_name on identity.principal (environment, name, id);
create index principal_criticality_name on identity.principal (criticality, name, id);
create index principal_tier_name on identity.principal (tier, name, id);
-- hashed, since identifiers of sources may be longer than a B-tree takes
create index principal_external on identity.principal using hash (external_id);
create index principal_orphaned on identity.principal (name, id) where orphaned_at is not null;
create index principal_gone on identity.principal (name, id) where gone_at is not null;
create index principal_owner on identity.principal (owner_id, name, id) where owner_id is not null;
create index principal_orphan on identity.principal (name, id) where owner_id is null and state <> 'retired';
create index principal_vendor on identity.principal (vendor_id, id) where vendor_id is not null;
create index principal_person on identity.principal (person_id) where person_id is not null;
create index principal_expires on identity.principal (expires_at, id) where expires_at is not null;
create index principal_review on identity.principal (next_review_at, id) where next_review_at is not null;
-- what a principal lacks to be active, one index per rule; the conditions are those of read/principal-filter.ts, word by word
create index principal_gap_owner on identity.principal (name, id)
  where data ->> 'state' <> 'retired' and data #>> '{owner,from}' is distinct from 'stated';
create index principal_gap_purpose on identity.principal (name, id)
  where data ->> 'state' <> 'retired' and data #>> '{purpose,value}' is null;
create index principal_gap_end on identity.principal (name, id)
  where data ->> 'state' <> 'retired' and data ->> 'expiresAt' is null and data ->> 'nextReviewAt' is null;
create index principal_gap_backup on identity.principal (name, id)
  where data ->> 'state' <> 'retired' and data #>> '{tier,value}' in ('high', 'admin')
    and not (data @> '{"backups": [{"from": "stated"}]}');
create index principal_gap_binding on identity.principal (name, id)
  where data ->> 'state' <> 'retired' and data #>> '{tier,value}' in ('high', 'admin') and data -> 'binding' is null;
create index principal_search on identity.principal using gin (search);
-- who else answers for it, for scoped visibility
create index principal_parties on identity.principal using gin ((data -> 'parties') jsonb_path_ops);
-- candidates of "who was owned by" on a past day
create index version_owner on identity.version ((data #>> '{owner,party,id}'), record_id)
  where data #>> '{owner,party,id}' is not null;

create index version_former_owner on identity.version ((data #>> '{formerOwner,party,id}'), record_id)
  where data #>> '{formerOwner,party,id}' is not null;

-- and of "who was backup or custodian": few versions have any
create index version_others on identity.version using gin ((data -> 'parties') jsonb_path_ops)
  where data -> 'backups' <> '[]' or data -> 'custodians' <> '[]';
-- who is backup or custodian: an index of few rows, so that asking it for many people at once stays cheap
create index principal_others on identity.principal using gin ((data -> 'parties') jsonb_path_ops)
  where data -> 'backups' <> '[]' or data -> 'custodians' <> '[]';
-- what a source calls the third party that runs it, before a person says which vendor that is
create index principal_integration on identity.principal (lower(data ->> 'integration'), id)
  where data ->> 'integration' is not null;
create index principal_workload_scope on identity.principal ((data ->> 'workloadScope'), id)
  where data ->> 'workloadScope' is not null;

create table identity.credential (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  type text not null generated always as (data ->> 'type') stored,
  state text not null generated always as (data ->> 'state') stored,
  principal_id text generated always as (data ->> 'principalId') stored,
  expires_at text collate "C" generated always as (data ->> 'expiresAt') stored,
  gone_at text collate "C" generated always as (data ->> 'goneAt') stored,
  constraint credential_state check (state in ('live', 'rotated', 'leaked', 'revoked'))
);
create index credential_principal on identity.credential (principal_id, id) where principal_id is not null;
-- what else authenticates by it, and who is given it to use
create index credential_also_of on identity.credential using gin ((data -> 'alsoOf') jsonb_path_ops)
  where data -> 'alsoOf' <> '[]';
create index credential_consumers on identity.credential using gin ((data -> 'consumers') jsonb_path_ops)
  where data -> 'consumers' <> '[]';
create index credential_also on identity.credential using gin ((data -> 'alsoOf'));
create index credential_expires on identity.credential (expires_at, id) where expires_at is not null;
create index credential_type on identity.credential (type, id);
create index credential_state on identity.credential (state, id) where state <> 'live';

create table identity.person (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  feed_id text not null unique generated always as (data ->> 'feedId') stored,
  name text collate "C" not null generated always as (left(data ->> 'name', 200)) stored,
  status text not null generated always as (data ->> 'status') stored,
  manager_feed_id text generated always as (data ->> 'managerFeedId') stored,
  team_feed_id text generated always as (data ->> 'teamFeedId') stored,
  principal_id text not null unique generated always as (data ->> 'principalId') stored
);
create index person_name on identity.person (name, id);
create index person_team on identity.person (team_feed_id) where team_feed_id is not null;
create index person_manager on identity.person (manager_feed_id) where manager_feed_id is not null;

create table identity.team (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  feed_id text not null unique generated always as (data ->> 'feedId') stored,
  name text collate "C" not null generated always as (left(data ->> 'name', 200)) stored
);
create index team_name on identity.team (name, id);

create table identity.vendor (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  name text collate "C" not null generated always as (left(data ->> 'name', 200)) stored,
  state text not null generated always as (data ->> 'state') stored,
  constraint vendor_state check (state in ('active', 'offboarded'))
);
create unique index vendor_name on identity.vendor (lower(name) collate "C");

-- An offer of ownership, which the new owner accepts or declines.
create table identity.offer (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  principal_id text not null generated always as (data ->> 'principalId') stored,
  to_id text not null generated always as (data #>> '{to,id}') stored,
  state text not null generated always as (data ->> 'state') stored,
  constraint offer_state check (state in ('pending', 'accepted', 'declined', 'withdrawn'))
);
create index offer_to on identity.offer (to_id, id) where state = 'pending';
create unique index offer_pending on identity.offer (principal_id) where state = 'pending';

-- Whether two arrays of texts have one in common.
create function identity.any_in_both(a jsonb, b jsonb) returns boolean
language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
  select exists (select from jsonb_array_elements_text(a) as one (word) where b ? one.word)
$$;
revoke all on function identity.any_in_both(jsonb, jsonb) from public;
grant execute on function identity.any_in_both(jsonb, jsonb) to reeve_identity;

-- A request for a new identity, and what was decided of it.
create table identity.request (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  requested_by text not null generated always as (data ->> 'requestedBy') stored,
  state text not null generated always as (data ->> 'state') stored,
  constraint request_state check (state in ('pending', 'approved', 'denied', 'withdrawn')),
  -- four eyes: who decides is another natural person than who asked
  constraint request_four_eyes check (
    state not in ('approved', 'denied')
    or not coalesce(identity.any_in_both(data -> 'requestedBehind', data -> 'decidedBehind'), true)
  )
);
create index request_state_id on identity.request (state, id);

-- Two records that may be one. Nothing is joined before a person confirms.
create table identity.match (
  id text primary key,
  version integer not null,
  valid_from timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  hash bytea not null,
  data jsonb not null,
  a_id text not null generated always as (data ->> 'aId') stored,
  b_id text not null generated always as (data ->> 'bId') stored,
  state text not null generated always as (data ->> 'state') stored,
  constraint match_state check (state in ('proposed', 'confirmed', 'rejected', 'undone'))
);
create index match_state_id on identity.match (state, id);
create unique index match_pair on identity.match (a_id, b_id);

-- Which record an explicit identifier names. One identifier, one record.
create table identity.ref (
  ref text collate "C" primary key,
  record_id text not null
);
create index ref_record on identity.ref (record_id);

-- Keyed fingerprints of secrets, under each key that was in use. Never a value, never a plain hash.
create table identity.fingerprint (
  key_id text not null,
  value bytea not null,
  credential_id text not null,
  primary key (key_id, value, credential_id)
);
create index fingerprint_credential on identity.fingerprint (credential_id);

-- Which source sees which record. Written on change only, never once per sync.
create table identity.presence (
  source_id text not null,
  record_id text not null,
  -- whether this source's word is the one that counts for what it observes of the record
  defines boolean not null,
  -- 0 the system's own record, 1 another tool's definition, 2 a mention
  rank smallint not null check (rank between 0 and 2),
  first_seen_at timestamptz(3) not null,
  gone_at timestamptz(3),
  last_used_at timestamptz(3),
  primary key (source_id, record_id)
);
create index presence_record on identity.presence (record_id);

-- When each source was last read whole, and under which key of fingerprints.
create table identity.source (
  id text primary key,
  name text not null,
  key_id text,
  read_at timestamptz(3) not null
);

-- Who created, held or saw a credential, and which source says so.
create table identity.exposure (
  id text primary key,
  person_id text not null,
  credential_id text not null,
  how text not null check (how in ('created', 'held', 'saw')),
  source text not null,
  at timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  entry_id text not null,
  unique (person_id, credential_id, how, source, at)
);
create index exposure_credential on identity.exposure (credential_id);

-- Since when and until when a source was watching, without a gap, for one way of knowing a credential. It speaks of the
-- credentials that it sees (`identity.presence`). A gap begins the watch anew.
create table identity.exposure_watch (
  source text not null,
  how text not null check (how in ('created', 'held', 'saw')),
  since timestamptz(3) not null,
  until timestamptz(3) not null,
  primary key (source, how),
  check (until >= since)
);

-- Leavers of a feed that were too many at once, waiting for a person's word.
create table identity.feed_hold (
  source text primary key,
  person_ids text[] not null,
  -- how many people of the feed had not left when it was held
  people integer not null,
  held_at timestamptz(3) not null
);

-- What a principal was asked to sign, to show that it holds its key. Each is used once.
create table identity.challenge (
  nonce text primary key,
  principal_id text not null,
  expires_at timestamptz(3) not null
);
create index challenge_expires on identity.challenge (expires_at);

-- What was answered under an idempotency key.
create table identity.idempotency (
  client text not null,
  key text not null,
  request_hash bytea not null,
  response jsonb not null,
  recorded_at timestamptz(3) not null,
  primary key (client, key)
);
create index idempotency_recorded on identity.idempotency (recorded_at);

grant select, insert on identity.version, identity.exposure to reeve_identity;
grant select, insert, update
  on identity.principal, identity.credential, identity.person, identity.team, identity.vendor, identity.offer,
     identity.request, identity.match, identity.presence, identity.source, identity.exposure_watch
  to reeve_identity;
grant select, insert, update, delete
  on identity.ref, identity.fingerprint, identity.challenge, identity.idempotency, identity.feed_hold
  to reeve_identity;
