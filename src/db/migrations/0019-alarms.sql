-- What a person has to be told of a plan, once for each receiver, until it was taken. Written with what it tells of.
create table effect.alarm (
  id text not null,
  receiver text not null,
  plan_id text not null,
  event text not null check (event in ('unproven', 'rolled_back', 'needs_approval', 'needs_credential')),
  detail text not null,
  next text not null,
  at timestamptz(3) not null,
  attempts integer not null default 0,
  -- when it is sent next; null where it was taken, or given up
  next_at timestamptz(3),
  taken_at timestamptz(3),
  failure text,
  primary key (id, receiver)
);
create index alarm_next on effect.alarm (next_at, id) where next_at is not null;
grant select, insert, update, delete on effect.alarm to reeve_effect;
