-- Whose an account is, is news to those who decide: who a person is gets in by their grants.

create or replace function outbox.on_principal_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
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
end $$;
