// Every table of the database: how its rows hang on the log, or why they do not. A test compares with the catalogue.
import { ACCESS_TABLES, everyDecisionBatch } from '#access/records'
import { CONNECTION_TABLES } from '#connections'
import type { Database, Layer } from '#db'
import { EFFECT_TABLES } from '#effect'
import { layerState, toldRows } from '#db/history'
import type { RecordTable, ToldTable } from '#db/history'
import { ROLL_TABLES } from '#identity/roll'
import type { DecisionSource, RowSource, StateSource } from '#evidence'

const told = (name: string, key: string, leftOut = '', acts: readonly string[] = []): ToldTable => ({
  name,
  key: key.split(' '),
  leftOut: leftOut === '' ? [] : leftOut.split(' '),
  ...(acts.length > 0 && { acts }),
})

/** Rows without versions: a trigger tells the log of each. The same words as in the triggers. */
export const TOLD_TABLES: readonly ToldTable[] = [
  told('identity.ref', 'ref'),
  told('identity.presence', 'source_id record_id', 'last_used_at'),
  told('identity.fingerprint', 'key_id value credential_id'),
  told('identity.exposure', 'id', '', ['exposure.recorded']),
  told('identity.exposure_watch', 'source how'),
  told('identity.feed_hold', 'source'),
  told('identity.source', 'id', 'read_at'),
  told('access.presence', 'source_id record_id'),
  told('access.token', 'id', 'used_on', ['token.created', 'token.revoked']),
  told('access.role_assignment', 'id', '', ['role.assigned', 'role.ended']),
  told('access.approval', 'id', '', ['access_request.approved', 'access_request.denied']),
  told('access.policy_text', 'hash'),
  told('access.decision_batch', 'source first_seq'),
  told('access.decision_source', 'id', 'last_seq'),
  told('connections.run', 'id', 'progress attempts'),
]

/** Records: each version is held against its entry, and the present against its newest version. */
export const VERSIONED_TABLES: readonly RecordTable[] = [
  ...ROLL_TABLES,
  ...ACCESS_TABLES,
  ...CONNECTION_TABLES,
  ...EFFECT_TABLES,
]

/** `schema.*` is every table of a schema. */
export const NOT_COVERED: Readonly<Record<string, string>> = {
  'identity.idempotency': 'answers that are kept for a day, so that a repeated request is not done twice',
  'access.idempotency': 'answers that are kept for a day, so that a repeated request is not done twice',
  'connections.idempotency': 'answers that are kept for a day, so that a repeated request is not done twice',
  'effect.alarm': 'what persons are told, until it was taken; what it tells of has its entry',
  'effect.idempotency': 'answers that are kept for a day, so that a repeated request is not done twice',
  'identity.challenge': 'proofs that are asked for, for minutes; what was proven has its entry',
  'access.decision_count': 'sums over access.decision_batch, for quick answers; they are nobody\u2019s proof',
  'evidence.entry': 'the log itself: `evidence verify` without --state',
  'evidence.sequence': 'the log itself; when a place was given is no evidence, that it was given is',
  'evidence.checkpoint': 'the log itself, signed',
  'evidence.cosignature': 'signed by witnesses; `evidence verify --witness-key`',
  'evidence.row_change': 'hashes of rows, which their entries hold by a hash over them',
  'evidence.retention': 'compared with what the migrations put in, as a part of the guard',
  'evidence.watermark': 'a note that saves work: without it everything is compared again',
  'outbox.*': 'news for decision points, which read the rows themselves',
  'jobs.*': 'the queue of work; what was done has its entry',
  'reeve.migration': 'compared with the files of the release at every start',
}

/** Columns, and the presence of rows, of tables that are covered. A test changes all others at random. */
export const COLUMNS_NOT_COVERED: Readonly<Record<string, string>> = {
  'evidence.entry.ordinal': 'the order of writing until it has its place; then the place counts',
  'evidence.entry.transaction': 'for the sequencer; what hangs on it besides, its place in the log has to say as well',
  'evidence.sequence.sequenced_at': 'when a place was given is no evidence, that it was given is',
  'evidence.cosignature.received_at': 'the cosignature itself is dated and signed by the witness',
  'evidence.cosignature, row': 'one of no checkpoint counts for nothing; without the newest a witness is `cannot`',
  'evidence.checkpoint, row': 'a newer one covers it, and the newest is published; what is added has to be signed',
  'evidence.cosignature.line':
    'where its key is no longer that of the witness it counts for nothing, as if it were not there',
  'evidence.cosignature.size':
    'of another checkpoint it is refused, of none it counts for nothing, as if it were not there',
  'evidence.cosignature.witness': 'a name to find it by; the line itself says who signed',
  'evidence.checkpoint.signed_at':
    'this server\u2019s own word, by which a pruning is only ever earlier; the time that counts is that of the witness',
  ...Object.fromEntries(
    ['entitlement', 'way', 'access_grant'].map((table) => [
      `access.${table}.changed_in`,
      'a transaction of this cluster, for who follows changes; the record is covered',
    ]),
  ),
  ...Object.fromEntries(
    TOLD_TABLES.flatMap(({ name, leftOut }) =>
      leftOut.map((column) => [`${name}.${column}`, 'no evidence: it may change without an entry']),
    ),
  ),
}

export function stateSources(database: Database): StateSource[] {
  return [
    layerState(database.layer('identity'), 'identity', ROLL_TABLES),
    layerState(database.layer('access'), 'access', ACCESS_TABLES),
    layerState(database.layer('connections'), 'connections', CONNECTION_TABLES),
    layerState(database.layer('effect'), 'effect', EFFECT_TABLES),
  ]
}

export function rowSources(database: Database): RowSource[] {
  return TOLD_TABLES.map((table) => toldRows(database.layer(table.name.split('.')[0] as Layer), table))
}

export const decisionSource = (database: Database): DecisionSource => ({
  batches: () => everyDecisionBatch(database.layer('access')),
})
