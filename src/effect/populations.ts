// What effect shows an auditor: what was planned at which target, who agreed, and what became of it in the target's own words.
import type { LayerDatabase } from '#db'
import { readAllRecords } from '#db/history'
import type { RecordTable, RecordWithVersions, UpTo } from '#db/history'
import { PLAN, RECEIPT, RESTRAINT, TARGET } from './records.ts'

interface EffectPopulation {
  readonly name: string
  readonly title: string
  readonly prefix: string
  /** Column → path in the record. */
  readonly columns: Readonly<Record<string, string>>
  /** Columns that name identities; absent where the rows are not about any. */
  readonly identities?: readonly string[]
  rows(upTo?: UpTo): AsyncIterable<RecordWithVersions>
}

type Kind = Omit<EffectPopulation, 'rows'> & { readonly table: RecordTable }

const KINDS: readonly Kind[] = [
  {
    name: 'targets',
    title: 'systems on which plans may act; credentials are references',
    prefix: 'tgt_',
    table: TARGET,
    columns: {
      name: 'settings.name',
      system: 'settings.system',
      host: 'settings.address.host',
      port: 'settings.address.port',
      administrator: 'settings.administrator.user',
      tls: 'settings.tls',
      state: 'state',
    },
  },
  {
    name: 'plans',
    title: 'what was to be done at a target, for what, who planned and who approved it',
    prefix: 'pln_',
    table: PLAN,
    identities: ['about'],
    columns: {
      operation: 'operation',
      target: 'targetId',
      target_name: 'targetName',
      account: 'account',
      about: 'about',
      purpose: 'purpose.kind',
      purpose_id: 'purpose.id',
      reason: 'reason',
      state: 'state',
      made_at: 'madeAt',
      planned_by: 'plannedBy',
      planned_behind: 'plannedBehind',
      approval_needed: 'approval.needed',
      approved_by: 'approval.by',
      approved_behind: 'approval.behind',
      approved_at: 'approval.at',
      credential_offered: 'offered',
      receipt: 'receiptId',
    },
  },
  {
    name: 'receipts',
    title: 'what became of plans, with the answers of their targets',
    prefix: 'rcp_',
    table: RECEIPT,
    identities: ['about'],
    columns: {
      plan: 'planId',
      operation: 'operation',
      target: 'targetId',
      target_name: 'targetName',
      address: 'address',
      account: 'account',
      about: 'about',
      purpose: 'purpose.kind',
      outcome: 'outcome',
      reasons: 'reasons',
      steps: 'steps',
      credential_offered: 'credentialOffered',
      carried_out_by: 'carriedOutBy',
      started_at: 'startedAt',
      ended_at: 'endedAt',
    },
  },
  {
    name: 'restraints',
    title: 'the switch that stops every act at once',
    prefix: 'rst_',
    table: RESTRAINT,
    columns: { observe_only: 'observeOnly' },
  },
]

export const effectPopulations = (db: LayerDatabase): EffectPopulation[] =>
  KINDS.map(({ table, ...kind }) => Object.assign(kind, { rows: (upTo?: UpTo) => readAllRecords(db, table, upTo) }))
