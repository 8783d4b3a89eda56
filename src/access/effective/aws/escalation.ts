// Escalation paths of one principal: each technique it may carry out, with the most privileged target that it reaches.
import type { Tier } from '../../entitlement.ts'
import { Aims } from './aims.ts'
import type { Aim } from './aims.ts'
import type { Assumptions } from './assume.ts'
import type { AwsEstate, AwsPrincipal } from './estate.ts'
import { readyTechniques } from './ready-technique.ts'
import type { ReadyTechnique, TakenStep } from './ready-technique.ts'
import type { Standing } from './standing.ts'
import { Targets } from './targets.ts'
import type { Technique } from './techniques/technique.ts'
import { above } from './tier-order.ts'
import type { Trusts } from './trust.ts'

export interface Path {
  readonly technique: Technique
  readonly steps: readonly TakenStep[]
  readonly reaches: string
  readonly target: AwsPrincipal | undefined
  readonly tier: Tier
  /** What would have to hold; empty for a path that simply is there. */
  readonly open: readonly string[]
}

/** What is not above this is not worth the word escalation: deployers hand such roles to services every day. */
const REACH_MIN: Tier = 'medium'

export class Escalations {
  readonly #standing: ReadonlyMap<string, Standing>
  readonly #targets: Targets
  readonly #aims: Aims
  readonly #ready = new Map<string, readonly ReadyTechnique[]>()

  /** `reached`: the tier that each principal has or can come to so far; the caller raises it until nothing changes. */
  constructor(
    estate: AwsEstate,
    trusts: Trusts,
    assumptions: Assumptions,
    standing: ReadonlyMap<string, Standing>,
    reached: ReadonlyMap<string, Tier>,
  ) {
    this.#standing = standing
    this.#targets = new Targets(estate, trusts, reached)
    this.#aims = new Aims(estate, trusts, assumptions, this.#targets)
  }

  /** To be called when tiers have risen: targets are looked at in the order of their tier. */
  rankTargets(): void {
    this.#targets.refresh()
  }

  /** Shared by principals that hold the same policies. */
  ready(principal: AwsPrincipal): readonly ReadyTechnique[] {
    const key = principal.setKey === undefined ? principal.id : `${principal.type} ${principal.setKey}`
    const known = this.#ready.get(key)
    if (known !== undefined) return known
    const made = principal.type === 'group' ? [] : readyTechniques(principal)
    this.#ready.set(key, made)
    return made
  }

  /** The tier that it has outright, beside what escalates: a target must be above it. */
  floorOf(principal: AwsPrincipal): Tier {
    return this.#standing.get(principal.id)?.besides ?? 'none'
  }

  /** The best path of a technique to a tier above `floor`: one without conditions before one with. */
  best(principal: AwsPrincipal, ready: ReadyTechnique, floor: Tier): Path | undefined {
    const bar = above(floor, REACH_MIN) ? floor : REACH_MIN
    if (bar === 'admin') return undefined
    let found: Path | undefined
    for (const aim of this.#aims.of(principal, ready.technique, bar)) {
      if (!above(aim.tier, bar)) continue
      // aims come most privileged first: nothing better follows
      if (found !== undefined && !above(aim.tier, found.tier) && (found.open.length === 0 || ready.open.length > 0))
        break
      const path = pathToward(principal, ready, aim)
      if (path !== undefined && (found === undefined || isBetter(path, found))) found = path
    }
    return found
  }
}

/** Leaves out the way over another identity where some of its actions alone lead as far. */
export function withoutDetours(paths: readonly Path[]): readonly Path[] {
  const short = paths.filter(({ technique, open }) => !isDetour(technique) && open.length === 0)
  return paths.filter((path) => {
    if (!isDetour(path.technique)) return true
    const actions = new Set(path.technique.steps.map(([action]) => action))
    return !short.some(
      (other) => !above(path.tier, other.tier) && other.technique.steps.every(([action]) => actions.has(action)),
    )
  })
}

const isDetour = ({ target }: Technique): boolean => target.startsWith('rewritable-')

function pathToward(principal: AwsPrincipal, ready: ReadyTechnique, aim: Aim): Path | undefined {
  const { technique } = ready
  const open = [...ready.open, ...(aim.open ?? [])]
  const steps: TakenStep[] = []
  for (const [action, on] of technique.steps) {
    if (on !== 'target') continue
    const verdict = principal.may(action, aim.arn, aim.context)
    if (verdict.answer === 'no') return undefined
    open.push(...verdict.open)
    steps.push({ action, resource: aim.arn, verdict })
  }
  return {
    technique,
    steps: [...steps, ...ready.taken],
    reaches: aim.reaches,
    target: aim.principal,
    tier: aim.tier,
    open: [...new Set(open)],
  }
}

function isBetter(path: Path, than: Path): boolean {
  const [free, thanFree] = [path.open.length === 0, than.open.length === 0]
  return free === thanFree ? above(path.tier, than.tier) : free
}
