// Passwords in rows of SQL: the value under a column with a telling name, `INSERT INTO users (name, password) VALUES …`.
import { judge } from './assigned/judge.ts'
import { secretName } from './assigned/secret-name.ts'
import { callArguments } from './call-arguments.ts'
import { BAR, RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import type { SourceText } from './source-text.ts'

const HEAD = /insert\s+into\s{1,8}[\w.`"[\]]{1,120}\s{0,8}\(([^()]{3,600})\)\s{0,40}values\s{0,40}\(/iy
const NEXT_ROW = /\s{0,8}\)\s{0,8},\s{0,40}\(/y
const ROWS_MAX = 32

/** `at` is where `insert into` starts. */
export function* insertedSecrets(source: SourceText, at: number): Generator<Candidate> {
  HEAD.lastIndex = at
  const columns = HEAD.exec(source.text)?.[1]?.split(',')
  if (columns === undefined) return
  let from = HEAD.lastIndex
  const named = columns.map((column) => secretName(column.replaceAll(/[\s`"[\]]/g, '')))
  if (named.every((name) => name === undefined)) return
  for (let row = 0; row < ROWS_MAX; row++) {
    const { list, whole, end } = callArguments(source.text, from, columns.length + 1)
    if (!whole || list.length !== columns.length) return
    for (const [place, value] of list.entries()) {
      const name = named[place]
      if (name === undefined || !name.exact || !value.quoted) continue
      const verdict = judge(name, { ...value, continued: false, way: 'assign' }, source.kind)
      if (verdict === undefined || verdict.confidence < BAR) continue
      const { start } = value
      yield {
        start,
        end: value.end,
        secret: source.decode(value.value),
        ...verdict,
        name: name.spelled,
        rank: RANK.assigned,
      }
    }
    NEXT_ROW.lastIndex = end
    if (!NEXT_ROW.test(source.text)) return
    from = NEXT_ROW.lastIndex
  }
}
