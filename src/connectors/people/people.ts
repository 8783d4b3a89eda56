// People and teams from a CSV feed: who there is to own things.
import { parseInstant, personStatus } from '#kernel'
import type { Observation, PersonFact } from '#kernel'
import type { Connector, UntrustedFile } from '../port.ts'
import { readTable } from '../table.ts'

/** Header names, without case and with `-` or space for `_`, that the feed may use for a column. */
const COLUMNS = {
  id: ['id', 'person_id', 'employee_id'],
  name: ['name', 'full_name', 'display_name'],
  email: ['email', 'e_mail', 'mail', 'emails'],
  manager: ['manager', 'manager_id'],
  team: ['team', 'team_id', 'department'],
  status: ['status', 'state'],
  start: ['start', 'start_date', 'joined'],
  end: ['end', 'end_date', 'left'],
  handles: ['handles', 'handle', 'github', 'logins'],
  lead: ['lead', 'lead_id'],
} as const

const headerOf = (file: UntrustedFile): readonly string[] =>
  (/^[^\n\r]*/.exec(file.text().slice(0, 4096))?.[0] ?? '').split(/[,;\t]/).map(canonicalHeader)
const canonicalHeader = (name: string): string =>
  name.trim().replaceAll(/^"|"$/g, '').toLowerCase().replaceAll(/[\s-]/g, '_')

const isPeople = (header: readonly string[]): boolean =>
  COLUMNS.email.some((name) => header.includes(name)) &&
  COLUMNS.id.some((name) => header.includes(name)) &&
  COLUMNS.status.some((name) => header.includes(name))
const isTeams = (header: readonly string[]): boolean =>
  header.includes('team_id') && COLUMNS.lead.some((name) => header.includes(name)) && !isPeople(header)

export const people: Connector = {
  id: 'people',
  title: 'People and teams',
  reads:
    'CSV of people (id, name, email, manager, team, status, start, end, handles) and of teams (team_id, name, lead)',
  verbs: ['discover'],
  blindSpots: [
    'people who are in no feed are unknown, so their ownership cannot be checked against joining and leaving',
  ],
  accepts: (file) =>
    /\.(?:csv|tsv)$/i.test(file.path) && !file.binary && (isPeople(headerOf(file)) || isTeams(headerOf(file))),
  *discover(file): Generator<Observation> {
    const teams = isTeams(headerOf(file))
    const { rows, problems } = readTable(file.text(), { header: canonicalHeader })
    for (const { line, message } of problems) {
      yield { type: 'problem', connector: 'people', file: file.path, startLine: line, message }
    }
    for (const { record, line } of rows) {
      const provenance = { connector: 'people', file: file.path, startLine: line, endLine: line }
      const cell = (column: keyof typeof COLUMNS): string =>
        COLUMNS[column].map((name) => record[name]).find((value) => value !== undefined && value !== '') ?? ''
      if (teams) {
        if (record['team_id'] === undefined || record['team_id'] === '') continue
        yield {
          type: 'team',
          teamId: record['team_id'],
          name: cell('name') || record['team_id'],
          ...(cell('lead') === '' ? {} : { leadId: cell('lead') }),
          provenance,
        }
        continue
      }
      if (cell('id') === '') {
        yield {
          type: 'problem',
          connector: 'people',
          file: file.path,
          startLine: line,
          message: 'a person without an id: give every row one, the rest of the feed was read',
        }
        continue
      }
      for (const column of ['start', 'end'] as const) {
        if (cell(column) === '' || parseInstant(cell(column)) !== undefined) continue
        const message = `the ${column} is no date that there is: write it as 2026-01-31; the rest of the row was read`
        yield { type: 'problem', connector: 'people', file: file.path, startLine: line, message }
      }
      yield person(cell, provenance)
    }
  },
}

function person(cell: (column: keyof typeof COLUMNS) => string, provenance: PersonFact['provenance']): PersonFact {
  const startAt = parseInstant(cell('start'))
  const endAt = parseInstant(cell('end'))
  const list = (text: string): string[] => text.split(/[\s;|]+/).filter((item) => item !== '')
  return {
    type: 'person',
    personId: cell('id'),
    name: cell('name') || cell('id'),
    emails: list(cell('email')).map((email) => email.toLowerCase()),
    handles: list(cell('handles')),
    ...(cell('manager') === '' ? {} : { managerId: cell('manager') }),
    ...(cell('team') === '' ? {} : { teamId: cell('team') }),
    ...personStatus(cell('status').replaceAll(/^"|"$/g, '')),
    ...(startAt === undefined ? {} : { startAt }),
    ...(endAt === undefined ? {} : { endAt }),
    provenance,
  }
}
