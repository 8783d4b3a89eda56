// The credential report as CSV: the file itself, or what `get-credential-report` wraps in base64.
import { parse } from 'csv-parse/sync'
import type { Observation } from '#kernel'
import type { UntrustedFile } from '../port.ts'
import { reportRowFacts } from './credential-report.ts'
import { CONNECTOR } from './place.ts'

const HEADER = /^\uFEFF?"?user"?,"?arn"?,"?user_creation_time"?,/

export const isCredentialReport = (text: string): boolean => HEADER.test(text)

/** `lineOfAll`: the one line at which a wrapped report stands. */
export function* reportCsvFacts(text: string, file: UntrustedFile, lineOfAll?: number): Generator<Observation> {
  const rows = rowsOf(text)
  if (rows === undefined) {
    yield {
      type: 'problem',
      connector: CONNECTOR,
      file: file.path,
      startLine: lineOfAll ?? 1,
      message: 'the credential report is not CSV: generate it again',
    }
    return
  }
  const problem = (startLine: number, message: string): Observation => ({
    type: 'problem',
    connector: CONNECTOR,
    file: file.path,
    startLine,
    message,
  })
  // every account has a root user, which has a row
  if (rows.length === 0)
    yield problem(lineOfAll ?? 1, 'the credential report has no row, or is cut off: generate it again')
  for (const { record, info } of rows) {
    const line = lineOfAll ?? info.lines
    const read = yield* reportRowFacts(record, {
      connector: CONNECTOR,
      file: file.path,
      startLine: line,
      endLine: line,
    })
    if (!read) {
      yield problem(line, 'a row of the credential report without the ARN of a user: it was left out')
    } else if (isCut(record, info.columns)) {
      yield problem(
        line,
        'a row of the credential report is cut off: what it holds was read, generate the report again',
      )
    }
  }
}

interface Row {
  readonly record: Record<string, string>
  readonly info: { readonly lines: number; readonly columns: unknown }
}

/** Fewer cells than the header has columns, or a last one that holds the beginning of a moment. */
function isCut(record: Row['record'], columns: unknown): boolean {
  const cells = Object.entries(record)
  if (Array.isArray(columns) && cells.length < columns.length) return true
  const [column = '', cell = ''] = cells.at(-1) ?? []
  return (
    column === 'cert_2_last_rotated' && !/^(?:N\/A|no_information|not_supported|.*T.*(?:Z|[+-]\d\d:\d\d))?$/i.test(cell)
  )
}

function rowsOf(text: string): readonly Row[] | undefined {
  if (!isCredentialReport(text)) return undefined
  try {
    return parse(text, {
      columns: true,
      bom: true,
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as readonly Row[]
  } catch {
    return undefined
  }
}
