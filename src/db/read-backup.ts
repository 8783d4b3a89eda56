// Reading rows out of a backup without a database: what a newer backup knows is compared with an older one.
import type { Manifest } from './backup-frames.ts'
import { readFrames } from './backup-frames.ts'

/** A column's text as COPY wrote it; `null` for NULL. */
export type BackupRow = Readonly<Record<string, string | null>>

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** First the manifest, then the rows of these tables (`identity.principal`), streamed. Throws Fault('unreadable_input'). */
export async function* readBackupRows(
  path: string,
  tables: readonly string[],
): AsyncGenerator<
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'row'; readonly table: string; readonly row: BackupRow }
> {
  let columns: readonly string[] = []
  let manifest: Manifest | undefined
  let table = ''
  let rest = Buffer.alloc(0)
  for await (const frame of readFrames(path)) {
    if (!Buffer.isBuffer(frame)) {
      if (frame.kind === 'manifest') {
        manifest = frame.manifest
        yield frame
      }
      table = frame.kind === 'table' && tables.includes(frame.name) ? frame.name : ''
      columns = manifest?.tables.find(({ name }) => name === table)?.columns ?? []
      rest = Buffer.alloc(0)
      continue
    }
    if (table === '') continue
    let data = rest.length === 0 ? frame : Buffer.concat([rest, frame])
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10)) {
      yield { kind: 'row', table, row: parsedRow(data.toString('utf8', 0, end), columns) }
      data = data.subarray(end + 1)
    }
    rest = Buffer.from(data)
  }
}

/** The text format of COPY: tabs between columns, `\N` for NULL, backslash escapes. */
function parsedRow(line: string, columns: readonly string[]): BackupRow {
  const cells = line.split('\t')
  return Object.fromEntries(
    columns.map((column, at) => {
      const cell = cells[at] ?? String.raw`\N`
      return [
        column,
        cell === String.raw`\N` ? null : cell.replaceAll(/\\(.)/gs, (_, mark: string) => ESCAPES[mark] ?? mark),
      ]
    }),
  )
}
