// Rows in columns that fit the terminal: what is too wide is cut where it says least, never wrapped into the next row.
import { fit, padEnd, plain, widthOf } from './text.ts'
import type { Paint } from './text.ts'

export interface Column {
  readonly title: string
  /** Paths and ARNs say most at their end. */
  readonly keep?: 'start' | 'end'
  /** Never made narrower: ids and states, which are copied or compared. */
  readonly whole?: boolean
}

export interface Screen {
  readonly paint: Paint
  /** Infinity where nobody looks: nothing is cut then. */
  readonly width: number
}

const GAP = 2
const NARROWEST = 6

/** SECURITY: every cell is made plain here. */
export function* columnLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { paint, width }: Screen,
): Generator<string> {
  const cells = rows.map((row) => columns.map((_, at) => plain(row[at] ?? '')))
  const widths = fittedWidths(columns, cells, width)
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => padEnd(fit(cell, widths[at] ?? 0, columns[at]?.keep ?? 'start'), widths[at] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd()
  yield `${paint('dim', line(columns.map(({ title }) => title.toUpperCase())))}\n`
  for (const row of cells) yield `${line(row)}\n`
}

/** The widest gives way first. */
function fittedWidths(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  width: number,
): readonly number[] {
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => widthOf(row[at] ?? ''))))
  const sum = (): number => widths.reduce((all, one) => all + one, GAP * (widths.length - 1))
  while (sum() > width) {
    const widest = widths
      .map((is, at) => ({ is, at }))
      .filter(({ is, at }) => columns[at]?.whole !== true && is > NARROWEST)
      .toSorted((a, b) => b.is - a.is)
    const [first, second] = widest
    if (first === undefined) break
    const down = Math.max(1, Math.min(sum() - width, first.is - Math.max(NARROWEST, second?.is ?? NARROWEST)))
    widths[first.at] = first.is - down
  }
  return widths
}
