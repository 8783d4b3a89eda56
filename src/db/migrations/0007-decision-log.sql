-- What decision points decided: batches as they were sent, and how often each thing was decided in each minute.

-- A spool of a decision point, and how far it was taken: a line that comes twice counts once.
create table access.decision_source (
  id text primary key,
  -- whose token it was first sent with; nobody else adds to it
  subject_id text not null,
  last_seq bigint not null
);

create table access.decision_batch (
  source text not null references access.decision_source (id),
  first_seq bigint not null,
  received_at timestamptz(3) not null,
  -- SHA-256 over the texts, each ended by a line feed; the entries of the batch name it
  root bytea not null,
  -- denials and acts of high risk, in their order
  lines text[] not null,
  primary key (source, first_seq)
);

create table access.decision_count (
  minute timestamptz(3) not null,
  -- SHA-256 of the five that follow
  key bytea not null,
  principal_id text not null,
  action text not null,
  resource text not null,
  allowed boolean not null,
  reason text not null,
  count bigint not null,
  primary key (minute, key)
);
create index decision_count_principal on access.decision_count (principal_id, minute);

grant select, insert on access.decision_source, access.decision_batch, access.decision_count to reeve_access;
grant update (last_seq) on access.decision_source to reeve_access;
grant update (count) on access.decision_count to reeve_access;
