// The syntax of systemd unit files (systemd.syntax(7)): sections, repeated keys, continued lines, resets.

export interface UnitEntry {
  readonly value: string
  readonly line: number
  readonly endLine: number
}

export interface Unit {
  has(section: string): boolean
  /** Every value of a key in order; an empty assignment resets the list. */
  all(section: string, key: string): readonly UnitEntry[]
  last(section: string, key: string): UnitEntry | undefined
}

const LINE_LENGTH_MAX = 65_536

/** Never throws; lines that are no assignment are passed over. */
export function readUnit(text: string): Unit {
  const sections = new Map<string, Map<string, UnitEntry[]>>()
  let section: Map<string, UnitEntry[]> | undefined
  let started: { text: string; line: number } | undefined
  let line = 0
  for (const raw of text.split('\n')) {
    line += 1
    const row = raw.trim().slice(0, LINE_LENGTH_MAX)
    if (row.startsWith('#') || row.startsWith(';') || (row === '' && started === undefined)) continue
    const whole = started === undefined ? row : `${started.text} ${row}`
    const from = started?.line ?? line
    started = undefined
    if (whole.endsWith('\\') && whole.length < LINE_LENGTH_MAX) {
      started = { text: whole.slice(0, -1).trimEnd(), line: from }
      continue
    }
    const heading = /^\[([^\]]{1,100})\]$/.exec(whole)?.[1]
    if (heading !== undefined) {
      section = sections.get(heading) ?? new Map<string, UnitEntry[]>()
      sections.set(heading, section)
      continue
    }
    const equals = whole.indexOf('=')
    if (section === undefined || equals < 1) continue
    const key = whole.slice(0, equals).trim()
    const value = whole.slice(equals + 1).trim()
    const before = value === '' ? [] : (section.get(key) ?? [])
    section.set(key, value === '' ? [] : [...before, { value, line: from, endLine: line }])
  }
  const all = (name: string, key: string): readonly UnitEntry[] => sections.get(name)?.get(key) ?? []
  return { has: (name) => sections.has(name), all, last: (name, key) => all(name, key).at(-1) }
}
