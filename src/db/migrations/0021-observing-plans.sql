-- One plan at a time acts on one account. To observe acts on nothing: it stands for days, and is in nobody's way.
drop index effect.plan_one;
create unique index plan_one on effect.plan (target_id, account)
  where state in ('running', 'paused', 'undoing') and data ->> 'operation' <> 'observe';
