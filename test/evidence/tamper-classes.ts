// Ways to tamper with a log, carried out with a superuser's rights and, where that is said, with the stolen key of the log.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '#kernel'
import type { Copy } from './copies.ts'
import { logKey } from './estate.ts'

export interface TamperClass {
  readonly name: string
  /** Without a witness; `undefined`: it cannot be seen without one, and is then seen with one. */
  readonly found?: RegExp
  /** The first place that has to be named. */
  readonly at?: number
  readonly state?: boolean
  readonly tamper: (copy: Copy) => Promise<void>
}

const atPlace = (seq: number): string => `(select entry_id from evidence.sequence where seq = ${seq})`

/** Places from `from` on move, as if what was there had never been. */
async function shift(copy: Copy, from: number, by: number): Promise<void> {
  await copy.query('update evidence.sequence set seq = seq + 1000000 where seq >= $1', [from])
  await copy.query('update evidence.sequence set seq = seq - 1000000 + $1 where seq >= 1000000', [by])
}

async function swap(copy: Copy, a: number, b: number): Promise<void> {
  await copy.query(
    `update evidence.sequence set seq = case seq when ${a} then 900000 else 900001 end where seq in (${a}, ${b})`,
  )
  await copy.query(
    `update evidence.sequence set seq = case seq when 900000 then ${b} else ${a} end where seq >= 900000`,
  )
}

async function insertEntry(copy: Copy, seq: number): Promise<void> {
  const id = newId('entry')
  await copy.query(
    `insert into evidence.entry (id, layer, type, at, actor, subjects, written_by)
     select $1, 'identity', 'principal.registered', at, actor, '{}', 'reeve_identity' from evidence.entry where id = ${atPlace(seq - 1)}`,
    [id],
  )
  await copy.query('insert into evidence.sequence (seq, entry_id, sequenced_at) values ($1, $2, now())', [seq, id])
}

async function cutTail(copy: Copy, from: number): Promise<void> {
  await copy.query(
    `delete from evidence.entry where id in (select entry_id from evidence.sequence where seq >= ${from})`,
  )
  await copy.query(`delete from evidence.sequence where seq >= ${from}`)
}

async function dropType(copy: Copy, type: string): Promise<void> {
  await copy.query(`delete from evidence.sequence where entry_id in (select id from evidence.entry where type = $1)`, [
    type,
  ])
  await copy.query('delete from evidence.entry where type = $1', [type])
  await copy.query(`update evidence.sequence s set seq = 1000000 + o.place
    from (select seq, row_number() over (order by seq) - 1 as place from evidence.sequence) o where o.seq = s.seq`)
  await copy.query('update evidence.sequence set seq = seq - 1000000')
}

async function flip(copy: Copy, pattern: RegExp): Promise<void> {
  const items = await readdir(copy.tiles, { recursive: true, withFileTypes: true })
  const item = items.find((one) => one.isFile() && pattern.test(join(one.parentPath, one.name)))
  if (item === undefined) throw new Error(`no file ${pattern.source}`)
  const file = join(item.parentPath, item.name)
  const bytes = await readFile(file)
  bytes[40] = (bytes[40] ?? 0) ^ 1
  await writeFile(file, bytes)
}

/** The first number of each content: digits more, that JavaScript reads as the same number. */
async function addDigits(copy: Copy, table: string, column: string): Promise<void> {
  const changed = await copy.query(
    `update ${table} set ${column} = regexp_replace(${column}::text, '": (\\d+)([,}])', '": \\1.0000000000000000001\\2')::jsonb
     where ${column}::text ~ '": \\d+[,}]' returning 1`,
  )
  if (changed.length === 0) throw new Error(`no number in ${table}`)
}

const VERSION_OF = 'record_id = (select id from identity.credential order by id limit 1)'

export const TAMPER_CLASSES: readonly TamperClass[] = [
  {
    name: 'an entry edited (who did it)',
    found: /entry 17 is not what was signed/,
    at: 17,
    tamper: async (copy) =>
      void (await copy.query(`update evidence.entry set actor = 'psn_other' where id = ${atPlace(17)}`)),
  },
  {
    name: 'an entry’s reason edited, its hash left',
    found: /entry 17 .* another content/,
    at: 17,
    tamper: async (copy) =>
      void (await copy.query(`update evidence.entry set reason = 'because' where id = ${atPlace(17)}`)),
  },
  {
    name: 'an entry’s subject edited, all tiles removed',
    found: /signed over other entries/,
    at: 131,
    tamper: async (copy) => {
      await copy.query(`update evidence.entry set subjects = '{prn_other}' where id = ${atPlace(260)}`)
      await rm(join(copy.tiles, 'tile'), { recursive: true })
    },
  },
  {
    name: 'an entry deleted',
    found: /no entry stands at place 9/,
    at: 9,
    tamper: async (copy) => void (await copy.query(`delete from evidence.entry where id = ${atPlace(9)}`)),
  },
  {
    name: 'an entry deleted, the gap closed',
    found: /entry 9 is not what was signed/,
    at: 9,
    tamper: async (copy) => {
      await copy.query(`delete from evidence.entry where id = ${atPlace(9)}`)
      await copy.query('delete from evidence.sequence where seq = 9')
      await shift(copy, 10, -1)
    },
  },
  {
    name: 'an entry inserted between two',
    found: /entry 20 is not what was signed/,
    at: 20,
    tamper: async (copy) => {
      await shift(copy, 20, 1)
      await insertEntry(copy, 20)
    },
  },
  {
    name: 'two entries swapped',
    found: /entry 11 is not what was signed/,
    at: 11,
    tamper: async (copy) => await swap(copy, 11, 200),
  },
  {
    name: 'a run of entries in another order',
    found: /entry 50 is not what was signed/,
    at: 50,
    tamper: async (copy) => {
      for (let at = 0; at < 5; at++) await swap(copy, 50 + at, 59 - at)
    },
  },
  {
    name: 'an entry backdated',
    found: /entry 30 is not what was signed/,
    at: 30,
    tamper: async (copy) =>
      void (await copy.query(`update evidence.entry set at = at - interval '1 year' where id = ${atPlace(30)}`)),
  },
  {
    name: 'an entry written now and dated a year back, signed with the stolen key',
    found: /1 entries between places (\d+) and \1 are dated up to \d{3} days before an entry in front of them/,
    tamper: async (copy) => {
      const [row] = await copy.query<{ end: number }>('select max(seq)::integer + 1 as end from evidence.sequence')
      const end = row?.end ?? 0
      await insertEntry(copy, end)
      await copy.query(`update evidence.entry set at = at - interval '1 year' where id = ${atPlace(end)}`)
      await copy.rebuild(logKey())
    },
  },
  {
    name: 'a whole type of entries dropped, the gaps closed',
    found: /is not what was signed/,
    tamper: async (copy) => await dropType(copy, 'credential.revoked'),
  },
  {
    name: 'the tail cut in the database',
    found: /entries at the end are gone/,
    at: 300,
    tamper: async (copy) => await cutTail(copy, 300),
  },
  {
    name: 'the last checkpoints deleted, the tail cut',
    found: /of entries that are not there|the database has no such checkpoint/,
    tamper: async (copy) => {
      await cutTail(copy, 100)
      await copy.query('delete from evidence.cosignature where size > 100')
      await copy.query('delete from evidence.checkpoint where size > 100')
    },
  },
  {
    name: 'the tail cut everywhere, signed anew with the stolen key',
    tamper: async (copy) => {
      await cutTail(copy, 300)
      await copy.rebuild(logKey())
    },
  },
  {
    name: 'a fork: another tail, signed with the stolen key',
    tamper: async (copy) => {
      await cutTail(copy, 300)
      for (let at = 300; at < 310; at++) await insertEntry(copy, at)
      await copy.rebuild(logKey())
    },
  },
  {
    name: 'the whole log rewritten, signed with the stolen key',
    tamper: async (copy) => {
      await copy.query(`update evidence.entry set actor = 'psn_other' where id = ${atPlace(5)}`)
      await copy.rebuild(logKey())
    },
  },
  {
    name: 'the whole log rewritten, signed with another key',
    found: /not signed by the key of the log/,
    tamper: async (copy) => {
      await copy.query(`update evidence.entry set actor = 'psn_other' where id = ${atPlace(5)}`)
      await copy.rebuild(logKey(9))
    },
  },
  {
    name: 'an earlier checkpoint published again',
    found: /published checkpoint: it is of \d+ entries/,
    tamper: async (copy) => {
      const [row] = await copy.query<{ note: string }>('select note from evidence.checkpoint order by size limit 1')
      await writeFile(join(copy.tiles, 'checkpoint'), row?.note ?? '')
    },
  },
  {
    name: 'a checkpoint’s root edited',
    found: /is not what its row says/,
    tamper: async (copy) => void (await copy.query("update evidence.checkpoint set root = sha256('x')")),
  },
  {
    name: 'a stale witness: its old cosignature put on the newest checkpoint',
    tamper: async (copy) =>
      void (await copy.query(`insert into evidence.cosignature (size, witness, line, received_at)
        select (select max(size) from evidence.checkpoint), witness, line, received_at
        from evidence.cosignature order by size limit 1
        on conflict (size, witness) do update set line = excluded.line`)),
  },
  {
    name: 'a tile removed',
    found: /tile\/1\/000\.p\/\d+ is missing/,
    tamper: async (copy) => await rm(join(copy.tiles, 'tile/1/000.p'), { recursive: true }),
  },
  {
    name: 'a tile edited',
    found: /tile 0 has another hash for entry 1 /,
    at: 1,
    tamper: async (copy) => await flip(copy, /tile\/0\/000$/),
  },
  {
    name: 'an entry bundle edited',
    found: /tile\/entries\/000 was changed/,
    tamper: async (copy) => await flip(copy, /tile\/entries\/000$/),
  },
  {
    name: 'reason and content of an entry erased, as pruning does',
    found: /is gone from 44 on, and no entry behind it says that it was pruned/,
    at: 44,
    tamper: async (copy) =>
      void (await copy.query(
        'update evidence.entry set salt = null, reason = null, content = null where id = (select entry_id from evidence.sequence where seq = 44)',
      )),
  },
  {
    name: 'contents erased, with a pruning of the future to excuse it, signed with the stolen key',
    found: /is gone from \d+ on, before its least time was over/,
    tamper: async (copy) => {
      const gone = await copy.query(
        `update evidence.entry set salt = null, reason = null, content = null
         where type = 'principal.registered' and salt is not null returning id`,
      )
      const said = `{"before":"2030-01-01T00:00:00.000Z","count":${gone.length},"type":"principal.registered"}`
      await copy.query(
        `insert into evidence.entry (id, layer, type, at, actor, subjects, written_by, content_hash, salt, content)
         values ($1, 'evidence', 'content.pruned', '2033-01-01', 'reeve', '{}', 'reeve_owner',
                 sha256('\\x00'::bytea || convert_to($2, 'UTF8')), '\\x00', $3)`,
        [newId('entry'), `{"content":${said}}`, said],
      )
      await copy.rebuild(logKey())
    },
  },
  {
    name: 'digits added to a number, that a double does not hold',
    found: /has a number in its content that its hash cannot be of/,
    tamper: async (copy) => await addDigits(copy, 'evidence.entry', 'content'),
  },
  {
    name: 'digits added to a number of a record, in its history and where it is read',
    state: true,
    found: /was changed: its hash is of something else/,
    tamper: async (copy) => {
      await addDigits(copy, 'identity.version', 'data')
      await addDigits(copy, 'identity.credential', 'data')
    },
  },
  {
    name: 'an entry hidden: its place taken away',
    found: /no entry stands at place 44/,
    at: 44,
    tamper: async (copy) => void (await copy.query('delete from evidence.sequence where seq = 44')),
  },
  {
    name: 'a record edited where it is read',
    state: true,
    found: /says something else than its newest version/,
    tamper: async (copy) =>
      void (await copy.query(
        `update identity.credential set data = data || '{"rotateWithinDays": 9999}' where id = (select min(id) from identity.credential)`,
      )),
  },
  {
    name: 'a record edited in its history, its hash made anew',
    state: true,
    found: /is not what its entry|hash is of something else/,
    tamper: async (copy) => {
      await copy.query(
        `update identity.version set data = data || '{"name": "other"}', hash = sha256('x') where ${VERSION_OF}`,
      )
    },
  },
  {
    name: 'a record deleted with its whole history',
    state: true,
    found: /version 1 is gone; its entry is evt_/,
    tamper: async (copy) => {
      await copy.query(`delete from identity.version where ${VERSION_OF}`)
      await copy.query('delete from identity.credential where id = (select min(id) from identity.credential)')
    },
  },
  {
    name: 'a record added without an entry',
    state: true,
    found: /no version and no entry/,
    tamper: async (copy) => {
      const copied =
        'select $1, version, valid_from, recorded_at, hash, data from identity.credential order by id limit 1'
      await copy.query(`insert into identity.credential (id, version, valid_from, recorded_at, hash, data) ${copied}`, [
        'cred_new',
      ])
    },
  },
]
