// Which points of which plans a run kills a server at: a sample; with REEVE_EXHAUSTIVE all of them, in rounds of what is killed
// together. REEVE_PART=2/8 takes the second of eight parts of the rounds, REEVE_POINTS="revoke after 12, contain before 3" those
// (`;` between rounds).
// What only reads is the same before the target has it and after: killed before it, and so after whatever came before it.
import assert from 'node:assert/strict'
import type { Random } from '../../src/db/random-in-test.ts'
import type { CrashPoint } from './crash-points.ts'
import { ACTING } from './plan-cases.ts'

const KINDS = [...ACTING, 'given', 'taken'] as const
export type Kind = (typeof KINDS)[number]

export interface Point extends CrashPoint {
  readonly kind: Kind
}

/** Statements and logins of each, undisturbed: where a sample is taken from; all of them are counted anew. */
const ABOUT: Readonly<Record<Kind, number>> = { contain: 67, revoke: 93, restore: 18, given: 7, taken: 15 }
/** Killed together: as many as a server carries at once. Grants share their sessions: one of them at a time. */
const TOGETHER: Readonly<Record<Kind, number>> = { contain: 16, revoke: 8, restore: 8, given: 1, taken: 1 }

export async function chosenPoints(
  random: Random,
  sentBy: (kind: Kind) => Promise<readonly string[]>,
): Promise<Point[][]> {
  const named = process.env['REEVE_POINTS']
  if (named !== undefined) return named.split(';').map((round) => round.split(',').map(pointNamed))
  if (process.env['REEVE_EXHAUSTIVE'] === undefined) return sampled(random)
  const [part = 1, parts = 1] = (process.env['REEVE_PART'] ?? '1/1').split('/').map(Number)
  return (await rounds(sentBy)).filter((_, index) => index % parts === part - 1)
}

export const spelledOut = ({ kind, when, at }: Point): string => `${kind} ${when} ${at}`

function pointNamed(text: string): Point {
  const found = new RegExp(`^\\s*(${KINDS.join('|')}) (before|after) (\\d+)\\s*$`).exec(text)
  assert.ok(found !== null, `REEVE_POINTS: \`${text}\` is no point; write \`revoke after 12\``)
  const [, kind, when, at] = found
  return { kind: kind as Kind, when: when as Point['when'], at: Number(at) }
}

const READS = /^(?:login$|select (?!.*pg_terminate_backend|.*set_config)|show |begin|start )/is

const pointsOf = (kind: Kind, sent: readonly string[]): Point[] =>
  sent.flatMap((text, at): Point[] => [
    { kind, at, when: 'before' },
    ...(READS.test(text) && !text.includes('reeve.hand_over') ? [] : [{ kind, at, when: 'after' } as const]),
  ])

/** A point of each operation, and of how a grant begins or how it ends. */
function sampled(random: Random): Point[][] {
  const one = (kind: Kind): Point => ({
    kind,
    at: random.below(ABOUT[kind]),
    when: random.pick(['before', 'after'] as const),
  })
  return [ACTING.map(one), [one(random.pick(['given', 'taken'] as const))]]
}

/**
 * All points, each once, those of one kind together. Sessions for a grant do not say for which; some for a plan neither, so
 * that a grant that is held would hold plans up, too.
 */
async function rounds(sentBy: (kind: Kind) => Promise<readonly string[]>): Promise<Point[][]> {
  const all: Point[][] = []
  for (const kind of KINDS) {
    const points = pointsOf(kind, await sentBy(kind))
    assert.ok(points.length > 4, kind)
    while (points.length > 0) all.push(points.splice(0, TOGETHER[kind]))
  }
  return all
}
