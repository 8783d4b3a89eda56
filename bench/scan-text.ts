// A generated tree of plain text of many kinds, for the memory that a scan of it takes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** xorshift32: the same sequence on every machine. */
export function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const WORDS =
  'account address amount archive balance branch budget cache claim client code config customer data date delivery device document employee entry error event export file folder group handler history import index invoice item job key label ledger limit list loader manager map message model name node note number object offer order owner page parser path payment plan policy price process product profile project queue quote range reader record region release report request result role route rule schedule schema score search section server service session setting source state status step store stream summary table task team template test ticket time token total trace type update user value vendor version view worker'.split(
    ' ',
  )

type Writer = (word: () => string, number: (below: number) => number) => string

const KINDS: readonly { readonly name: string; readonly line: Writer }[] = [
  {
    name: 'ts',
    line: (w, n) => `export function ${w()}${w()}(${w()}: string): number { return ${w()}.${w()}(${w()}, ${n(1000)}) }`,
  },
  {
    name: 'py',
    line: (w, n) => `    ${w()}_${w()} = self.${w()}(${w()}=${n(100)}, ${w()}="${w()} ${w()}")  # ${w()} the ${w()}`,
  },
  {
    name: 'md',
    line: (w) => `The ${w()} of each ${w()} is kept with its ${w()}, and the ${w()} says when the ${w()} was made.`,
  },
  { name: 'properties', line: (w, n) => `${w()}.${w()}.${w()}=${w()}-${n(10_000)}` },
  {
    name: 'sql',
    line: (w, n) =>
      `INSERT INTO ${w()}_${w()} (${w()}, ${w()}, ${w()}) VALUES (${n(9999)}, '${w()}', '${w()} ${w()}');`,
  },
  {
    name: 'log',
    line: (w, n) =>
      `2026-03-${10 + n(20)}T08:${10 + n(50)}:00Z INFO ${w()}.${w()} ${w()}=${n(100_000)} ${w()}="${w()} ${w()}"`,
  },
  { name: 'csv', line: (w, n) => `${n(100_000)},${w()},${w()} ${w()},${n(1000)}.${10 + n(90)},${w()}` },
]

/** Writes about `bytes` of text into files of 1 KiB to 2 MiB; gives the bytes written. */
export function writeText(folder: string, bytes: number): number {
  const number = numbers(0x5eed)
  const word = (): string => WORDS[number(WORDS.length)] ?? ''
  let written = 0
  for (let index = 0; written < bytes; index++) {
    const kind = KINDS[index % KINDS.length]
    if (kind === undefined) break
    const target = Math.min(bytes - written, 1024 * 2 ** number(12))
    // lines repeat within a file in another order: real enough, and quick to make
    const lines = Array.from({ length: 64 }, () => kind.line(word, number))
    const parts: string[] = []
    for (let size = 0; size < target;) {
      const line = lines[number(lines.length)] ?? ''
      parts.push(line)
      size += line.length + 1
    }
    const text = `${parts.join('\n')}\n`
    const at = join(folder, `part${index % 97}`)
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, `${word()}-${index}.${kind.name}`), text)
    written += text.length
  }
  return written
}
