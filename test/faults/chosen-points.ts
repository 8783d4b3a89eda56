// Which points of which plans a run kills a server at: a sample; with REEVE_EXHAUSTIVE all of them, in rounds of what is killed
// together. REEVE_PART=2/8 takes the second of eight parts of the rounds, REEVE_POINTS="revoke after 12, contain before 3" those
// (`;` between rounds; `behind` or `ahead` after one: the clock of whoever goes on in its round).
// What only reads is the same before the target has it and after: killed before it, and so after whatever came before it.
import assert from 'node:assert/strict'
import type { Random } from '../../src/db/random-in-test.ts'
import type { CrashPoint } from './crash-points.ts'
import { ACTING } from './plan-cases.ts'
import { CLOCKS } from './skewed-clock.ts'
import type { Clock } from './skewed-clock.ts'

const KINDS = [...ACTING, 'given', 'taken'] as const
export type Kind = (typeof KINDS)[number]

export interface Point extends CrashPoint {
  readonly kind: Kind
  /** Of the server that goes on, from the one that was killed. One for a round: all of it is gone on with by one server. */
  readonly clock?: Clock
}

/** Statements and logins of each, undisturbed: where a sample is taken from; all of them are counted anew. */
const ABOUT: Readonly<Record<Kind, number>> = { contain: 70, revoke: 104, restore: 27, given: 6, taken: 19 }
/** Killed together: as many as a server carries at once. Grants share their sessions: one of them at a time. */
const TOGETHER: Readonly<Record<Kind, number>> = { contain: 16, revoke: 8, restore: 8, given: 1, taken: 1 }

export async function chosenPoints(
  random: Random,
  sentBy: (kind: Kind) => Promise<readonly string[]>,
): Promise<Point[][]> {
  const named = namedPoints()
  if (named !== undefined) return named
  if (process.env['REEVE_EXHAUSTIVE'] === undefined) return sampled(random)
  const [part = 1, parts = 1] = (process.env['REEVE_PART'] ?? '1/1').split('/').map(Number)
  return (await rounds(sentBy)).filter((_, index) => index % parts === part - 1)
}

/** Those of REEVE_POINTS, by round. */
export const namedPoints = (): Point[][] | undefined =>
  process.env['REEVE_POINTS']?.split(';').map((round) => round.split(',').map(pointNamed))

export const spelledOut = ({ kind, when, at, clock }: Point): string =>
  [kind, when, at, ...(clock === undefined ? [] : [clock])].join(' ')

function pointNamed(text: string): Point {
  const found = new RegExp(`^\\s*(${KINDS.join('|')}) (before|after) (\\d+)(?: (${CLOCKS.join('|')}))?\\s*$`).exec(text)
  assert.ok(found !== null, `REEVE_POINTS: \`${text}\` is no point; write \`revoke after 12\``)
  const [, kind, when, at, clock] = found
  const point = { kind: kind as Kind, when: when as Point['when'], at: Number(at) }
  return clock === undefined ? point : { ...point, clock: clock as Clock }
}

const READS = /^(?:login$|select (?!.*pg_terminate_backend|.*set_config)|show |begin|start )/is

const pointsOf = (kind: Kind, sent: readonly string[], clock?: Clock): Point[] =>
  sent.flatMap((text, at): Point[] => {
    const point = { kind, at, ...(clock !== undefined && { clock }) }
    const reads = READS.test(text) && !text.includes('reeve.hand_over')
    if (reads) return clock === undefined ? [{ ...point, when: 'before' }] : []
    const after: Point = { ...point, when: 'after' }
    return clock === undefined ? [{ ...point, when: 'before' }, after] : [after]
  })

/** Somewhere in a plan or grant of that kind. */
export const sampledPoint = (random: Random, kind: Kind): Point => ({
  kind,
  at: random.below(ABOUT[kind]),
  when: random.pick(['before', 'after'] as const),
})

/** A point of each operation, and of how a grant begins or how it ends; in one of the two rounds the clock is another one. */
function sampled(random: Random): Point[][] {
  const clocks = [random.pick(CLOCKS), undefined]
  const one = (kind: Kind, clock: Clock | undefined): Point => ({
    ...sampledPoint(random, kind),
    ...(clock !== undefined && { clock }),
  })
  const [first, second] = random.pick([clocks, clocks.toReversed()])
  return [ACTING.map((kind) => one(kind, first)), [one(random.pick(['given', 'taken'] as const), second)]]
}

/**
 * All points, each once, those of one kind together; and once more by each clock what was done and not heard of. Sessions for a
 * grant do not say for which; some for a plan neither, so that a grant that is held would hold plans up, too.
 */
async function rounds(sentBy: (kind: Kind) => Promise<readonly string[]>): Promise<Point[][]> {
  const all: Point[][] = []
  for (const kind of KINDS) {
    const sent = await sentBy(kind)
    assert.ok(sent.length > 4, kind)
    for (const clock of [undefined, ...CLOCKS]) {
      const points = pointsOf(kind, sent, clock)
      while (points.length > 0) all.push(points.splice(0, TOGETHER[kind]))
    }
  }
  return all
}
