-- The end of a token is in the hint itself, as that of a credential is: where the table cannot be read right after it, it denies.
create or replace function outbox.on_token_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- a token has no versions: what was revoked stays revoked
  perform outbox.tell('token', array_agg(n.id),
    jsonb_agg(jsonb_build_array(n.id, 1, case when n.revoked_at is null then 'live' else 'revoked' end)))
  from new_rows n join old_rows o on o.id = n.id
  -- the day of its last use is no news
  where (n.revoked_at, n.expires_at, n.scopes, n.hash) is distinct from (o.revoked_at, o.expires_at, o.scopes, o.hash);
  return null;
end $$;
