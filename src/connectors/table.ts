// Tables as spreadsheets write them: delimiter by the header line, quotes, BOM, one bad record at a time.
import { parse } from 'csv-parse/sync'

interface TableRow {
  /** By header; the record has no prototype, so that a header of any name is just a member. */
  readonly record: Readonly<Record<string, string>>
  /** 1-based line on which the row ends. */
  readonly line: number
}

export interface Table {
  readonly rows: readonly TableRow[]
  readonly problems: readonly { readonly line: number; readonly message: string }[]
}

const PROBLEMS_MAX = 20

/** Never throws. A record that does not parse is a problem with its line, and the others are read. */
export function readTable(
  text: string,
  { delimiter = delimiterOf(text), header = (name: string) => name.trim() } = {},
): Table {
  const problems: { line: number; message: string }[] = []
  try {
    const parsed = parse(text, {
      columns: (names: string[]) => names.map(header),
      delimiter,
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      trim: true,
      info: true,
      max_record_size: 1 << 20,
      on_skip: (error) => {
        const line = Number((error as { lines?: unknown } | undefined)?.lines ?? 1)
        if (problems.length < PROBLEMS_MAX)
          problems.push({ line, message: 'a row does not parse as CSV; check its quotes' })
        return undefined
      },
    }) as unknown as readonly { record: Record<string, string>; info: { lines: number } }[]
    return { rows: parsed.map(({ record, info }) => ({ record, line: info.lines })), problems }
  } catch {
    return { rows: [], problems: [{ line: 1, message: 'the table does not parse as CSV; check the quotes' }] }
  }
}

/** Whichever of comma, semicolon and tab the header line has most; a comma where it has none. */
function delimiterOf(text: string): string {
  const line = /^[^\n\r]*/.exec(text.slice(0, 65_536))?.[0] ?? ''
  const count = (character: string): number => line.split(character).length - 1
  return [',', ';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best))
}
