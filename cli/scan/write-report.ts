// Writes a report in the format and to the place that was asked for.
import { extname } from 'node:path'
import { painter, wantsColour } from '../terminal/text.ts'
import { writeFileWhole, writeTo } from '../terminal/write-out.ts'
import type { Report } from './contract.ts'
import { csvPieces } from './formats/csv.ts'
import { htmlPieces } from './formats/html/html.ts'
import { jsonPieces } from './formats/json-pieces.ts'
import { sarifPieces } from './formats/sarif.ts'
import { tablePieces } from './formats/table.ts'
import type { Terminal } from './formats/table.ts'
import type { Format, ScanOptions } from './options.ts'
import { remark } from './remark.ts'

const FORMAT_OF_NAME: Readonly<Record<string, Format>> = {
  '.json': 'json',
  '.sarif': 'sarif',
  '.csv': 'csv',
  '.html': 'html',
  '.htm': 'html',
}
const PIECES: Readonly<Record<Format, (report: Report, terminal: Terminal) => Iterable<string>>> = {
  table: tablePieces,
  json: jsonReport,
  sarif: (report) => sarifPieces(report),
  csv: csvPieces,
  html: htmlPieces,
}
const WIDTH_DEFAULT = 100

/** Files first, so that one that cannot be written is said before anything is shown; where they are is said last. */
export async function writeReport(report: Report, options: ScanOptions): Promise<void> {
  const { output, html } = options
  const format = options.format ?? FORMAT_OF_NAME[extname(output ?? '').toLowerCase()] ?? 'table'
  if (html !== undefined) await writeFileWhole(html, htmlPieces(report))
  if (output === undefined) {
    await writeTo(process.stdout, PIECES[format](report, terminalOf(process.stdout, options)))
  } else {
    await writeFileWhole(output, PIECES[format](report, { paint: painter(false), width: WIDTH_DEFAULT }))
    remark(options, `the ${format} report is in ${output}`)
  }
  if (html !== undefined) remark(options, `the HTML report is in ${html}`)
}

export function terminalOf(stream: NodeJS.WriteStream, { color }: ScanOptions): Terminal {
  const width = stream.isTTY ? stream.columns : Number(process.env['COLUMNS'])
  return {
    paint: painter(wantsColour(stream, color)),
    width: Math.min(160, Math.max(40, Number.isInteger(width) && width > 0 ? width : WIDTH_DEFAULT)),
  }
}

function* jsonReport(report: Report): Generator<string> {
  yield* jsonPieces(report, 2)
  yield '\n'
}
