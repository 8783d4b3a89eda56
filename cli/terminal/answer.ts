// What a command answers: JSON for programs, columns or lines for people. Standard output is the answer, nothing else.
import { columnLines } from './columns.ts'
import type { Column, Screen } from './columns.ts'
import { painter, plain, wantsColour } from './text.ts'
import { writeTo } from './write-out.ts'

export function screenOf(stream: NodeJS.WriteStream): Screen {
  const width = stream.isTTY ? stream.columns : Number(process.env['COLUMNS'] ?? Number.NaN)
  return {
    paint: painter(wantsColour(stream, undefined)),
    width: Number.isFinite(width) && width > 0 ? Math.max(40, width) : Number.POSITIVE_INFINITY,
  }
}

/** SECURITY: JSON may hold marks that steer a terminal; escaped they are the same JSON, and steer nothing. */
export const printableJson = (json: string): string =>
  json.replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

export async function answerJson(value: unknown): Promise<void> {
  await writeTo(process.stdout, [`${printableJson(JSON.stringify(value, null, 2))}\n`])
}

export interface Listing<T> {
  readonly items: readonly T[]
  readonly columns: readonly (Column & { readonly of: (item: T) => string | undefined })[]
  /** In place of an empty table: what it means and what to do next. */
  readonly empty: string
  /** Under the table: how many more there are, what to do with them. */
  readonly after?: string
}

export async function answerListing<T>(listing: Listing<T>): Promise<void> {
  const { items, columns, empty, after } = listing
  if (items.length === 0) {
    await writeTo(process.stdout, [`${plain(empty)}\n`])
    return
  }
  const screen = screenOf(process.stdout)
  const rows = items.map((item) => columns.map(({ of }) => of(item) ?? ''))
  await writeTo(process.stdout, columnLines(columns, rows, screen))
  if (after !== undefined) await writeTo(process.stdout, [`\n${screen.paint('dim', plain(after))}\n`])
}

/** `name  value`, one a line; absent values are left out. */
export async function answerFields(
  fields: readonly (readonly [name: string, value: string | undefined])[],
): Promise<void> {
  const { paint } = screenOf(process.stdout)
  const shown = fields.filter((field): field is readonly [string, string] => field[1] !== undefined && field[1] !== '')
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  await writeTo(
    process.stdout,
    shown.map(([name, value]) => `${paint('dim', name.padEnd(width))}  ${plain(value)}\n`),
  )
}

/** One line to the person at the terminal; on standard error, so that an answer stays an answer. */
export function say(text: string): void {
  process.stderr.write(`${plain(text)}\n`)
}
