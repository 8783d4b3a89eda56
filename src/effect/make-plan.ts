// A plan is made: what would be done is looked at first, and shown without doing it where only that is wanted.
import { Fault, msAfter, newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { createWithEntries } from '#evidence/port'
import type { Operation, TargetStep } from '#connectors/target'
import { keepAlarm } from './alarms.ts'
import { askTarget } from './ask-target.ts'
import { adapterOf, alone, callOf, operate } from './layer.ts'
import type { Alarm, EffectLayer } from './layer.ts'
import { offering } from './offered.ts'
import { PLAN } from './records.ts'
import type { CurrentPlan, CurrentTarget, PlanPurpose, PlanRecord, StepRecord } from './records.ts'
import { getTarget } from './targets.ts'

const LOOK_MS = 30_000
/** Stands in what is shown where the id of a plan will stand. */
const NOT_MADE = 'PLAN'
const ACCOUNT_MAX = 200
const DAY_MS = 24 * 60 * 60_000
const OBSERVED_DAYS_MAX = 90

export interface PlanAsked {
  /** Id or name. */
  readonly target: string
  readonly operation: Operation
  readonly account: string
  readonly purpose: PlanPurpose
  /** Ids of the roll that it is about. */
  readonly about: readonly string[]
  /** Natural persons behind who asks. */
  readonly behind: readonly string[]
  readonly needsApproval: boolean
  /** For `observe`: a day, where nothing else is said. */
  readonly until?: Instant
  /** SECURITY: kept in memory while the plan runs, and nowhere else. */
  readonly credential?: { readonly secret: string; readonly database?: string }
}

export interface Preview {
  readonly targetName: string
  readonly operation: Operation
  readonly account: string
  /** Each step with what it would send and touch, as things stand now; later steps may find it otherwise. */
  readonly steps: readonly StepRecord[]
  /** Steps that can't be done as things stand. */
  readonly blocked: readonly { readonly step: string; readonly reason: string; readonly next: string }[]
}

/** Touches nothing. Faults: not_found, unprocessable, and what the target can't be asked for. */
export async function previewPlan(layer: EffectLayer, asked: PlanAsked): Promise<Preview> {
  const target = await getTarget(layer, asked.target)
  assertAccount(asked.account)
  const { steps, blocked } = await lookedAt(layer, target, asked)
  return { targetName: target.data.settings.name, operation: asked.operation, account: asked.account, steps, blocked }
}

async function lookedAt(
  layer: EffectLayer,
  target: CurrentTarget,
  asked: PlanAsked,
): Promise<Pick<Preview, 'steps' | 'blocked'>> {
  const steps: StepRecord[] = []
  const blocked: { step: string; reason: string; next: string }[] = []
  for (const step of stepsOf(layer, target, asked.operation)) {
    const call = {
      ...callOf(layer, target.data, AbortSignal.timeout(LOOK_MS)),
      planId: NOT_MADE,
      subject: { account: asked.account },
      earlier: {},
      ...(asked.credential !== undefined && { credential: offering(asked.credential) }),
    }
    const looked = await askTarget(target, async () => await step.look(call))
    const { statements, touches, before } = looked
    // of what only asks it says whom the plan is about: who has the name by the time of an approval may be another
    const whom = step.asksOnly === true && before !== null ? { before } : {}
    steps.push({ ...asStep(step), statements, touches, ...whom })
    if (looked.blocked !== undefined) blocked.push({ step: step.name, ...looked.blocked })
  }
  return { steps, blocked }
}

/** Who approves sees what would be sent, as things stand now; where the target can't be asked, the steps alone. */
async function stepsToShow(
  layer: EffectLayer,
  target: CurrentTarget,
  asked: PlanAsked,
): Promise<readonly StepRecord[]> {
  const steps = stepsOf(layer, target, asked.operation).map(asStep)
  if (!asked.needsApproval) return steps
  try {
    return (await lookedAt(layer, target, asked)).steps
  } catch (error) {
    if (error instanceof Fault) return steps
    throw error
  }
}

/** It runs at once where it needs nobody's approval. Faults: not_found, unprocessable, conflict (another acts on the account). */
export async function makePlan(layer: EffectLayer, act: Act, asked: PlanAsked): Promise<CurrentPlan> {
  const target = await getTarget(layer, asked.target)
  assertAccount(asked.account)
  assertUntil(act, asked)
  if (target.data.state === 'removed') throw new Fault('conflict', 'the target was removed: add it again')
  const steps = await stepsToShow(layer, target, asked)
  const id = newId('plan')
  if (asked.credential !== undefined) layer.offered.keep(id, asked.credential.secret, asked.credential.database)
  try {
    const made = await alone(async () =>
      operate(layer, act, async (tx) => {
        const data = planOf(layer, act, target, asked, steps)
        const content = {
          operation: data.operation,
          target: data.targetName,
          account: data.account,
          offered: data.offered,
        }
        const words = {
          type: 'plan.made',
          about: [target.id, ...asked.about],
          content: { ...content, approval: asked.needsApproval },
        }
        const [plan] = await createWithEntries(tx, PLAN, act, [{ id, data, words }])
        if (plan === undefined) throw new Error('a record was created')
        if (asked.needsApproval) await keepAlarm(tx, layer, act.at, waiting(id, target, asked))
        return plan
      }),
    )
    // asked a second time under one key: the credential stays with the plan that there is
    if (made.id !== id) layer.offered.forget(id)
    else if (asked.needsApproval) layer.onAlarm?.(waiting(id, target, asked))
    return made
  } catch (error) {
    layer.offered.forget(id)
    throw error
  }
}

const waiting = (planId: string, target: CurrentTarget, { operation, account }: PlanAsked): Alarm => ({
  about: planId,
  event: 'needs_approval',
  detail: `${operation} of ${account} at ${target.data.settings.name} waits for another person`,
  next: `\`reeve plan show ${planId}\` says where, to whom, and what would be sent; then \`reeve plan approve ${planId}\``,
})

function planOf(
  layer: EffectLayer,
  act: Act,
  target: CurrentTarget,
  asked: PlanAsked,
  steps: readonly StepRecord[],
): PlanRecord {
  const { operation, account, purpose, about, behind, needsApproval } = asked
  return {
    operation,
    targetId: target.id as Id<'target'>,
    targetName: target.data.settings.name,
    settings: target.data.settings,
    account,
    purpose,
    reason: act.reason ?? '',
    about,
    madeAt: act.at,
    plannedBy: act.actor.id,
    plannedBehind: behind,
    approval: { needed: needsApproval },
    ...(operation === 'observe' && { until: asked.until ?? msAfter(act.at, DAY_MS) }),
    offered: asked.credential !== undefined,
    ...(asked.credential !== undefined && { offeredAt: act.at }),
    ...markOf(layer, asked.credential?.secret),
    state: needsApproval ? 'proposed' : 'running',
    steps,
    ...(!needsApproval && { nextAt: act.at }),
  }
}

function assertUntil({ at }: Act, { operation, until }: PlanAsked): void {
  if (until === undefined) return
  if (operation !== 'observe') throw new Fault('unprocessable', '`until` is of `observe` only: the rest ends by itself')
  if (until <= at || until > msAfter(at, OBSERVED_DAYS_MAX * DAY_MS))
    throw new Fault('unprocessable', `\`until\` has to be within the next ${OBSERVED_DAYS_MAX} days`)
}

const markOf = ({ marksOf }: EffectLayer, secret: string | undefined): { credentialMark?: string } => {
  const [mark] = secret === undefined ? [] : marksOf(secret)
  return mark === undefined ? {} : { credentialMark: mark }
}

const stepsOf = (layer: EffectLayer, target: CurrentTarget, operation: Operation): readonly TargetStep[] =>
  adapterOf(layer, target.data).operations[operation]

/** `undefined` where this release has no such step. */
export const stepNamed = (
  layer: EffectLayer,
  target: CurrentTarget,
  { data }: CurrentPlan,
  { name }: Pick<StepRecord, 'name'>,
): TargetStep | undefined => stepsOf(layer, target, data.operation).find((step) => step.name === name)

const asStep = ({ name, title, asksOnly, undo }: TargetStep): StepRecord => ({
  name,
  title,
  ...(asksOnly === true ? { asksOnly } : undo === undefined && { final: true }),
  state: 'waiting',
})

function assertAccount(account: string): void {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (account === '' || account.length > ACCOUNT_MAX || /[\u0000-\u001F\u007F]/.test(account))
    throw new Fault('unprocessable', `an account has 1 to ${ACCOUNT_MAX} printable characters`)
}
