// The credential report as CSV: the file itself, or what `get-credential-report` wraps in base64.
import { parse } from 'csv-parse/sync'
import type { Observation } from '#kernel'
import type { UntrustedFile } from '../port.ts'
import { optional } from '../untrusted-value.ts'
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
      ...optional('startLine', lineOfAll),
      message: 'the credential report is not CSV: generate it again',
    }
    return
  }
  for (const { record, info } of rows) {
    const line = lineOfAll ?? info.lines
    const read = yield* reportRowFacts(record, {
      connector: CONNECTOR,
      file: file.path,
      startLine: line,
      endLine: line,
    })
    if (!read) {
      yield {
        type: 'problem',
        connector: CONNECTOR,
        file: file.path,
        startLine: line,
        message: 'a row of the credential report without the ARN of a user: it was left out',
      }
    }
  }
}

interface Row {
  readonly record: Record<string, string>
  readonly info: { readonly lines: number }
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
