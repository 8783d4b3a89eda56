// Any table by a small mapping file: principals, owners and entitlements from a spreadsheet.
import { parseInstant, ref } from '#kernel'
import type { EntitlementFact, Observation, PrincipalFact, PrincipalKind, Provenance, Ref } from '#kernel'
import { PRINCIPAL_KINDS } from '#kernel'
import type { Connector } from '../port.ts'
import { readTable } from '../table.ts'
import { csvMappingSchema } from './mapping.ts'
import type { CsvMapping } from './mapping.ts'

type Cell = (column: keyof CsvMapping['columns']) => string | undefined

const ROW_PROBLEMS_MAX = 20

export const csv: Connector = {
  id: 'csv',
  title: 'Tables',
  reads: 'CSV or TSV with a mapping: `NAME.csv.reeve.yaml` beside it, or an entry of `csv` in reeve.yaml',
  verbs: ['discover'],
  blindSpots: ['tables without a mapping are not read'],
  accepts: (file) => /\.(?:csv|tsv)$/i.test(file.path) && !file.binary,
  *discover(file, context): Generator<Observation> {
    const given = context.csvMapping(file.path)
    if (given === undefined) return
    const checked = csvMappingSchema.safeParse(given)
    if (!checked.success) {
      const issue = checked.error.issues[0]
      const message = `the mapping of this table is not valid at \`${issue?.path.join('.') ?? ''}\`: ${issue?.message.toLowerCase() ?? 'see the guide'}`
      yield { type: 'problem', connector: 'csv', file: file.path, message }
      return
    }
    yield* rows(file.path, file.text(), checked.data)
  },
}

function* rows(path: string, text: string, mapping: CsvMapping): Generator<Observation> {
  const problem = (message: string, startLine?: number): Observation => ({
    type: 'problem',
    connector: 'csv',
    file: path,
    ...(startLine === undefined ? {} : { startLine }),
    message,
  })
  const { rows: table, problems } = readTable(
    text,
    mapping.delimiter === undefined ? {} : { delimiter: mapping.delimiter },
  )
  for (const { line, message } of problems) yield problem(message, line)
  const header = table[0]?.record ?? {}
  const missing = Object.values(mapping.columns).filter((name) => name !== undefined && !Object.hasOwn(header, name))
  if (table.length > 0 && missing.length > 0) {
    yield problem(`the mapping names a column that the table does not have: \`${missing.join('`, `')}\``, 1)
  }
  let nameless = 0
  for (const { record, line } of table) {
    const cell: Cell = (column) => {
      const name = mapping.columns[column]
      const value = name === undefined || !Object.hasOwn(record, name) ? '' : (record[name] ?? '').trim()
      return value === '' ? undefined : value
    }
    const externalId = cell('externalId')
    if (externalId === undefined) {
      nameless += 1
      if (nameless <= ROW_PROBLEMS_MAX) yield problem('a row without an identifier was left out', line)
      continue
    }
    const provenance: Provenance = {
      connector: 'csv',
      file: path,
      startLine: line,
      endLine: line,
      object: externalId,
    }
    const own = ref(mapping.system, externalId)
    yield principal(own, externalId, mapping, cell, provenance)
    const right = entitlement(own, mapping, cell, provenance)
    if (right !== undefined) yield right
  }
  if (nameless > ROW_PROBLEMS_MAX)
    yield problem(`${nameless - ROW_PROBLEMS_MAX} more rows without an identifier were left out`)
}

const isKind = (text: string | undefined): text is PrincipalKind =>
  (PRINCIPAL_KINDS as readonly (string | undefined)[]).includes(text)
const NO = /^(?:no|n|false|0|disabled|inactive|off)$/i
const YES = /^(?:yes|y|true|1|enabled|active|on)$/i

function principal(
  own: Ref,
  externalId: string,
  mapping: CsvMapping,
  cell: Cell,
  provenance: Provenance,
): PrincipalFact {
  const kind = cell('kind')?.toLowerCase().replaceAll(/[\s-]/g, '_')
  const environment = cell('environment')
  const purpose = cell('purpose')
  const enabled = cell('enabled')
  const vendor = cell('vendor')
  const createdAt = parseInstant(cell('createdAt'))
  const lastUsedAt = parseInstant(cell('lastUsedAt'))
  const expiresAt = parseInstant(cell('expiresAt'))
  return {
    type: 'principal',
    ref: own,
    kind: isKind(kind) ? kind : mapping.kind,
    nativeType: 'row',
    system: mapping.system,
    externalId,
    name: cell('name') ?? externalId,
    ...(enabled !== undefined && (YES.test(enabled) || NO.test(enabled)) ? { enabled: YES.test(enabled) } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(environment === undefined
      ? {}
      : { environment: { value: environment, reason: `column \`${mapping.columns.environment ?? ''}\`` } }),
    ...(purpose === undefined
      ? {}
      : { purpose: { text: purpose, reason: `column \`${mapping.columns.purpose ?? ''}\`` } }),
    ownerHints: (cell('owner') ?? '')
      .split(/[;|]/)
      .map((who) => who.trim())
      .filter((who) => who !== '')
      .map((who) => ({ who, how: 'declared' as const, reason: `column \`${mapping.columns.owner ?? ''}\`` })),
    provenance,
  }
}

function entitlement(own: Ref, mapping: CsvMapping, cell: Cell, provenance: Provenance): EntitlementFact | undefined {
  const permission = cell('permission')
  if (permission === undefined) return undefined
  const level = cell('level')?.toLowerCase()
  return {
    type: 'entitlement',
    principal: own,
    system: mapping.system,
    permission,
    actions: [`${mapping.system}:${permission}`],
    resources: [cell('resource') ?? '*'],
    level: level === 'read' || level === 'write' || level === 'admin' ? level : 'unknown',
    reason: `the table gives \`${permission}\`${level === undefined ? '' : ` as ${level}`}`,
    provenance,
  }
}
