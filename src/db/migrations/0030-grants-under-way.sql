-- Grants that are under way at their targets: looked for beside those that are due, since the clock may have been set back.
create index access_grant_under_way on access.access_grant (state, next_at) where state in ('provisioning', 'ending', 'unproven');
