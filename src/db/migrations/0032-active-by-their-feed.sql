-- A person of a feed is active by that: the feed answers for them. Of everything else it is as it was. No term may be null.
alter table identity.principal drop constraint principal_active_complete;
alter table identity.principal add constraint principal_active_complete check (
  state <> 'active'
  or data -> 'exception' is not null
  or (
    coalesce(data ->> 'kind', '') = 'human'
    and coalesce(data #>> '{provenance,how}', '') = 'feed'
    and data -> 'personId' is not null
  )
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
);
