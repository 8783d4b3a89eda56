// A roll of any size, made by the database itself: names, owners and words are spread alike whatever the size.
import { Client } from 'pg'
import type { Connection } from '#db'

/** How many principals one person answers for, at every size. */
export const OWNED = 20
const WORDS = ['payments', 'ledger', 'billing', 'deploy', 'ingest', 'report', 'search', 'mail', 'audit', 'sync']

export const ownerId = (number: number): string => `psn_${number.toString(16).padStart(26, '0')}`
/** The id of the `number`th principal: spread evenly, as ids are. */
const ID = `'prn_' || left(md5(n::text), 26)`

const DATA = `jsonb_build_object(
  'kind', (array['service_account', 'workload', 'ci_pipeline', 'api_client', 'machine'])[1 + n % 5],
  'nativeType', 'iam-user', 'system', (array['aws', 'kubernetes', 'github', 'entra'])[1 + (n / 5) % 4],
  'externalId', 'arn:aws:iam::123456789012:role/' || word || '/' || n, 'name', name,
  'refs', jsonb_build_array('aws:arn:aws:iam::123456789012:role/' || word || '/' || n),
  'labels', jsonb_build_object('team', 'team-' || n % 97, 'unit', 'unit' || n % 500, 'cost-centre', n % 31),
  'attributes', jsonb_build_object('path', '/' || word || '/', 'sessionSeconds', 3600, 'tags', jsonb_build_array('a', 'b')),
  'provenance', jsonb_build_object('how', 'discovered', 'source', 'bench', 'connector', 'aws', 'firstSeenAt', '2026-01-01T00:00:00.000Z'),
  'environment', jsonb_build_object('value', (array['production', 'staging', 'development', 'unknown'])[1 + n % 4], 'from', 'derived', 'reason', 'its name says so'),
  'function', jsonb_build_object('value', word, 'from', 'derived', 'reason', 'its name says so'),
  'criticality', jsonb_build_object('value', (array['low', 'medium', 'high', 'unknown'])[1 + n % 4], 'from', 'derived', 'reason', 'from tier and environment'),
  'tier', jsonb_build_object('value', case when n % 100 = 0 then 'admin' when n % 10 = 0 then 'high' else 'low' end, 'from', 'derived', 'reason', 'from its policies'),
  'owner', jsonb_build_object('party', jsonb_build_object('kind', 'person', 'id', owner), 'from', 'stated', 'reason', 'assigned'),
  'backups', '[]'::jsonb, 'custodians', '[]'::jsonb, 'stated', '[]'::jsonb, 'parties', jsonb_build_array('person:' || owner),
  'state', (array['discovered', 'registered', 'quarantined'])[1 + n % 3], 'effect', 'not_applied',
  'expiresAt', case when n % 3 = 0 then to_char(timestamp '2026-06-01' + n % 700 * interval '1 day', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"') end,
  'searchText', name || ' ' || word || ' unit' || n % 500 || ' n' || n || ' arn aws iam role team ' || n % 97
)`

/** Fills an empty, migrated database. As its superuser, with the indexes made afterwards. */
export async function seedRoll(superuser: Connection, principals: number, say: (what: string) => void): Promise<void> {
  const client = new Client(superuser)
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string; made: string }>(
      `select format('%I.%I', schemaname, indexname) as name, indexdef as made from pg_indexes
       where schemaname = 'identity' and tablename in ('principal', 'version') and indexname !~ '_pkey$'`,
    )
    for (const { name } of rows) await client.query(`drop index ${name}`)
    say(`seeding ${principals} principals`)
    await client.query(`
      insert into identity.principal (id, version, valid_from, recorded_at, hash, data)
      select ${ID}, 2, '2026-03-01', '2026-03-01', decode(hash, 'hex'), ${DATA}
      from (
        select n, word, 'psn_' || lpad(to_hex(n / ${OWNED}), 26, '0') as owner, md5('name' || n) as hash,
               word || '-' || left(md5('order' || n), 3) || '-' || n as name
        from (
          select n, (array['${WORDS.join("', '")}'])[1 + n % ${WORDS.length}] as word
          from generate_series(0, ${principals - 1}) as n
        ) as numbered
      ) as drawn`)
    // until March each was in another state
    for (const [version, day, data] of [
      [
        1,
        '2026-01-01',
        `data || jsonb_build_object('state', case state when 'discovered' then 'registered' else 'discovered' end)`,
      ],
      [2, '2026-03-01', 'data'],
    ] as const) {
      await client.query(`
        insert into identity.version (record_id, version, valid_from, recorded_at, actor, entry_id, hash, data)
        select id, ${version}, '${day}', '${day}', 'reeve', 'evt_' || substr(id, 5), hash, ${data} from identity.principal`)
    }
    say('making the indexes')
    for (const { made } of rows) await client.query(made)
    await client.query('vacuum analyze identity.principal, identity.version')
  } finally {
    await client.end()
  }
}
