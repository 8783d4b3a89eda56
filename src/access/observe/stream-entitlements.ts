// All rights that sources show, for whoever keeps a copy: every one that is there, then each that changed since, in one order and
// told once. The cursor says how far; it goes on for ever, and is good for the database that gave it.
import { Fault } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Tx } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import { covers } from '../graph/covers.ts'
import type { Covered } from '../graph/covers.ts'
import type { EntitlementRecord } from './records.ts'

export interface StreamedEntitlement extends Current<EntitlementRecord> {
  /** Where an action on a resource was asked for: whether this right's own words cover it, whatever its effect. */
  readonly covered?: Covered
}

export interface EntitlementsAsked {
  readonly limit: number
  /** `next` of the page before; from the beginning without it. */
  readonly cursor?: string
  readonly covering?: { readonly action: string; readonly resource: string }
}

/**
 * `all`: by id, those that are there; what changes meanwhile is told afterwards. `since`: by the transaction that last wrote
 * them, those that are gone included.
 */
interface Place {
  readonly epoch: string
  readonly phase: 'all' | 'since'
  /** Everything below this transaction is told by then. */
  readonly transaction: string
  readonly id: string
}

type Row = Current<EntitlementRecord> & { readonly transaction: string | null }

const CURSOR = /^([0-9a-f]{32})\.(all|since)\.(\d{1,19})(?:\.(ent_[0-9a-z]{26}))?$/

/**
 * No items: nothing new so far, ask again later from `next`. What is told last is how a right is now; between two pages it may
 * have changed more than once. Throws Fault('invalid') for what is no cursor, and Fault('conflict') for that of another database,
 * such as one before a restore.
 */
export async function streamEntitlements(
  db: LayerDatabase,
  { limit, cursor, covering }: EntitlementsAsked,
): Promise<{ readonly items: readonly StreamedEntitlement[]; readonly next: string }> {
  const { rows, next } = await db.transaction(
    async (tx) => {
      const now = await presentOf(tx)
      const place = cursor === undefined ? { ...now, phase: 'all' as const, id: '' } : placeIn(cursor, now)
      return await pageFrom(tx, place, limit, now.transaction)
    },
    { readOnly: true },
  )
  return { items: rows.map((row) => streamed(row, covering)), next: cursorTo(next) }
}

function streamed(
  { transaction: _transaction, ...row }: Row,
  asked: EntitlementsAsked['covering'],
): StreamedEntitlement {
  return asked === undefined ? row : { ...row, covered: covers(row.data, asked.action, asked.resource) }
}

async function pageFrom(tx: Tx, place: Place, limit: number, xmin: string): Promise<{ rows: Row[]; next: Place }> {
  if (place.phase === 'all') {
    const rows = await present(tx, place, limit)
    const last = rows.at(-1)
    if (last !== undefined && rows.length === limit) return { rows, next: { ...place, id: last.id } }
    const since: Place = { ...place, phase: 'since', id: '' }
    return rows.length > 0 ? { rows, next: since } : await pageFrom(tx, since, limit, xmin)
  }
  const rows = await changed(tx, place, limit, xmin)
  const last = rows.at(-1)
  return { rows, next: last === undefined ? place : { ...place, transaction: last.transaction ?? '0', id: last.id } }
}

/** What was written since it began is told afterwards, and so once. */
const present = async (tx: Tx, { id, transaction }: Place, limit: number): Promise<Row[]> =>
  await tx.query<Row>(sql`
    select ${CURRENT}, changed_in::text as transaction from access.entitlement
    where id > ${id} and gone_at is null and (changed_in is null or changed_in < ${transaction}::xid8)
    order by id limit ${limit}`)

/** Below `xmin` no transaction is open: nothing can appear there any more, so that the order has no gaps. */
const changed = async (tx: Tx, { transaction, id }: Place, limit: number, xmin: string): Promise<Row[]> =>
  await tx.query<Row>(sql`
    select ${CURRENT}, changed_in::text as transaction from access.entitlement
    where changed_in >= ${transaction}::xid8 and changed_in < ${xmin}::xid8
      and (changed_in, id) > (${transaction}::xid8, ${id})
    order by changed_in, id limit ${limit}`)

async function presentOf(tx: Tx): Promise<Pick<Place, 'epoch' | 'transaction'>> {
  const [row] = await tx.query<Pick<Place, 'epoch' | 'transaction'>>(sql`
    select e.id as epoch, pg_snapshot_xmin(pg_current_snapshot())::text as transaction from outbox.epoch e`)
  if (row === undefined)
    throw new Fault('conflict', 'the database does not say which one it is: run `reeve serve` once')
  return row
}

const cursorTo = ({ epoch, phase, transaction, id }: Place): string =>
  [epoch, phase, transaction, ...(id === '' ? [] : [id])].join('.')

function placeIn(cursor: string, { epoch, transaction: xmin }: Pick<Place, 'epoch' | 'transaction'>): Place {
  const [, of = '', phase = '', transaction = '', id = ''] = CURSOR.exec(cursor) ?? []
  if (of === '') throw new Fault('invalid', 'the cursor is not of this list: send `next` of the page before, or none')
  // numbers of transactions never go back: an older copy of the database was put back
  if (of !== epoch || BigInt(transaction) > BigInt(xmin))
    throw new Fault(
      'conflict',
      'the cursor is of another database, or of one before a restore: begin again without one',
    )
  return { epoch, phase: phase === 'all' ? 'all' : 'since', transaction, id }
}
