// What people read in a bundle: how to verify it, who answers for what, and a summary. Plain files, no script.
import type { Instant } from '#kernel'
import type { LogRange, Period } from './log-range.ts'
import type { Scope } from './scope.ts'
import type { ControlResult } from './write-controls.ts'
import type { WrittenPopulation } from './write-population.ts'

export interface BundleFacts {
  readonly origin: string
  readonly key: string
  readonly at: Instant
  readonly release: string
  readonly period: Period
  readonly scope: Scope
  readonly range: LogRange
  /** Entries that say what they say. */
  readonly shown: number
  readonly counts: Readonly<Record<string, number>>
  readonly populations: readonly WrittenPopulation[]
  /** Rows of the table of decisions. */
  readonly decisions: number
  readonly witnesses: readonly string[]
  readonly controls: readonly ControlResult[]
}

const periodOf = ({ from, to }: Period): string =>
  from === undefined && to === undefined ? 'the whole log' : `${from ?? 'the beginning'} to ${to ?? 'now'}`

const scopeOf = (scope: Scope): string => {
  const words = Object.entries(scope).map(([word, values]) => `${word} ${values.join(' or ')}`)
  return words.length === 0 ? 'all identities' : `identities of ${words.join(', ')}`
}

export function readme(facts: BundleFacts): string {
  const { origin, at, release, period, scope, range, shown, populations, witnesses } = facts
  return `# Audit bundle of \`${origin}\`

Made ${at} by Reeve ${release}. It covers ${periodOf(period)}, ${scopeOf(scope)}: ${shown} entries with all that they say, and
the heads of all ${range.size} entries of the log.

## Verify it

You need Node 24 or later and nothing else. In this folder:

    node verify.mjs . --log-key KEY --witness-key KEY

- **Get the log key from somewhere else than this bundle.** Ask the operator to run \`reeve evidence key\` in front of you, or
  take it from where it was published, or from your notes of an earlier visit. The bundle's own word for its key proves nothing.
- **Get the witness key from whoever runs the witness**, not from the operator of this system. ${witnesses.length === 0 ? 'No witness had cosigned this log when the bundle was made; ' : ''}Without a witness a log that was rewritten as a whole, with the stolen log key, cannot be told from the true one.
- **Keep \`log/checkpoints.notes\`.** Next time give it as \`--known-checkpoint FILE\`: the log must still begin with what you
  know today.
- **Say what you asked for**: \`--expect-from\` and \`--expect-to\`. For what time the bundle says everything is the exporter's choice.
- **Take \`verify.mjs\` from the source of Reeve**, or from a bundle that you trust, or read it: it is one file and imports
  nothing but Node's own modules. The one that came with this bundle is of the hand that made the bundle.

Exit code 0: all checks passed. 1: something was refused. 2: nothing was refused, and something could not be checked. Lines that
begin with \`stated\` name what is the exporter's word and is proven by nothing.

## What is in it

| file | what it is | how it is proven |
| --- | --- | --- |
| manifest.json, manifest.note | every file with its hash, period and scope; the signature over it | the key of the log |
| log/entries.ndjson | every entry of the log in its place; reason and content of those of the period and scope | RFC 6962 root in signed checkpoints |
| log/rows.ndjson | hashes of rows that have no versions, of each entry that tells the log of such rows | each such entry is over its hashes |
| log/checkpoints.notes | signed checkpoints (C2SP), parted by NUL | the key of the log, and witnesses |
${populations
  .map(
    ({ name, path, title, madeBy }) =>
      `| ${path} | ${title} | ${madeBy === undefined ? `each cell from records/${name}.ndjson, whose hashes are in entries` : `each row has its entry (${madeBy.join(', ')}), each cell from records/${name}.ndjson, whose newest hash the log was told`} |`,
  )
  .join('\n')}
| populations/decisions.csv | denials and acts of high risk of the period, in batches | records/decisions.ndjson, whose lines together have the hash that the batch's entries name |
| records/*.ndjson | the record versions and rows that the cells are taken from | their hashes are in entries |
| controls/* | what each control came to, with its query and its samples | nothing: the exporter's word |
| RESPONSIBILITIES.md, summary.html, README.md | for reading | nothing: the exporter's word |

Populations show the state at the end of the period: as it was when the first entry of a later date got its place. Cells of
what has no versions (tokens, role assignments, approvals, exposures) are as they were when the bundle was made; the day on
which a token was last used is the exporter's word. People appear as ids; of records about people
(principals of kind human, of whom an entry says so) only id, version and hash are shown. A cell that a spreadsheet would take
for a formula begins with an apostrophe.
${
  Object.keys(scope).length === 0
    ? ''
    : `
This bundle is of some identities: of all others only ids, times and hashes are shown, and no controls and no decisions, since a
batch holds those of many. That the identities that
are not shown are not of the scope is proven where the scope is a list of ids, and else is the exporter's word.
`
}
What it does not prove: that what was written down is true, or that everything that happened was written down. It proves that
what was written has not changed since, and that nothing in between is missing.
`
}

const RESPONSIBILITIES: readonly (readonly [control: string, work: string, evidence: string])[] = [
  [
    'Every principal has an owner and a purpose',
    'identity',
    'principals.csv; principal.registered, ownership.accepted',
  ],
  ['Identities are asked for and approved by another person', 'identity', 'identity-requests.csv; identity_request.*'],
  ['Ownership changes hands by acceptance', 'identity', 'offers.csv'],
  ['What leavers owned is orphaned and passed on', 'identity', 'principals.csv; person.left'],
  ['Credentials are rotated and revoked', 'identity', 'credentials.csv; credential.rotated, credential.revoked'],
  ['Exceptions end', 'identity', 'principals.csv, columns exception_*'],
  ['Accounts and entitlements are known', 'access', 'accounts.csv, entitlements.csv'],
  ['Those who administer Reeve are named, and apart', 'access', 'role-assignments.csv; role.assigned, role.ended'],
  ['Tokens of Reeve expire and are revoked', 'access', 'tokens.csv; token.created, token.revoked'],
  ['What leaked is held, and seen to be refused', 'access', 'plans.csv, receipts.csv; receipt.made, alarm.taken'],
  ['Who revokes for good has the approval of another', 'access', 'plans.csv, columns planned_behind, approved_behind'],
  [
    'What was denied, and high risk, is on record',
    'access',
    'decisions.csv; decision.denied, decision.allowed_high_risk',
  ],
  ['The log is whole', 'evidence', 'log/*, the witness'],
]

export function responsibilities({ populations }: BundleFacts): string {
  const systems = new Map<string, Map<string, number>>()
  for (const { path, bySystem } of populations) {
    for (const [system, count] of bySystem) {
      const row = systems.get(system) ?? new Map<string, number>()
      systems.set(system, row.set(path, count))
    }
  }
  const of = (system: string, name: string): number => systems.get(system)?.get(`populations/${name}.csv`) ?? 0
  return `# Who answers for what

Identity work says who or what exists and who answers for it. Access work says what it may do. Neither does the other's.

| control | whose work | where to look |
| --- | --- | --- |
${RESPONSIBILITIES.map((row) => `| ${row.join(' | ')} |`).join('\n')}

| system | principals (identity) | accounts (access) | entitlements (access) |
| --- | --- | --- | --- |
${[...systems.keys()]
  .sort()
  .map(
    (system) =>
      `| ${system} | ${of(system, 'principals')} | ${of(system, 'accounts')} | ${of(system, 'entitlements')} |`,
  )
  .join('\n')}
`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '')

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(String(cell))}</${tag}>`).join('')}</tr>`
  return `<table><thead>${line(head, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('\n')}</tbody></table>`
}

export function summary(facts: BundleFacts): string {
  const { origin, key, at, release, period, scope, range, shown, counts, populations, decisions, witnesses, controls } =
    facts
  const about: readonly (readonly [string, string | number])[] = [
    ['log', origin],
    ['key (ask for it elsewhere)', key],
    ['made', `${at}, Reeve ${release}`],
    ['period', periodOf(period)],
    ['identities', scopeOf(scope)],
    ['entries', `${shown} of ${range.size} with all that they say`],
    ['cosigned by', witnesses.length === 0 ? 'no witness' : witnesses.join(', ')],
  ]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Audit bundle of ${escaped(origin)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733}
table{border-collapse:collapse;width:100%;margin:0 0 2rem}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #d6dde4;overflow-wrap:anywhere;vertical-align:top}
th{font-weight:600}h2{font-size:1.1rem}</style></head><body>
<h1>Audit bundle</h1>
<p>This page is for reading. What proves it is <code>node verify.mjs</code>; see README.md.</p>
${table(['what', ''], about)}
<h2>Populations</h2>
${table(
  ['file', 'what it is', 'rows'],
  [
    ...populations.map(({ path, title, rows }) => [path, title, rows]),
    ['populations/decisions.csv', 'denials and acts of high risk', decisions],
  ],
)}
${
  controls.length === 0
    ? ''
    : `<h2>Controls</h2>\n${table(
        ['control', '', 'outcome', ''],
        controls.map(({ id, title, outcome, detail }) => [id, title, outcome, detail]),
      )}`
}
<h2>Entries by type</h2>
${table(['type', 'entries'], Object.entries(counts))}
</body></html>
`
}
