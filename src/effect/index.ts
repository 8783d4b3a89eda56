// Effect: what Reeve does to systems, step by step, and what it has seen become of it.
export { acceptWays } from './accept-ways.ts'
export { forgetAlarms, sendAlarms } from './alarms.ts'
export { ALARM_STATES, listAlarms } from './list-alarms.ts'
export type { AlarmToSend } from './alarms.ts'
export { approvePlan, cancelPlan, pausePlan, runPlan, undoPlan } from './decide-plan.ts'
export { assertDiscoverable, discoverTarget } from './discover-target.ts'
export { effectPopulations } from './populations.ts'
export { PlanKeeper } from './keep-plans.ts'
export type { Alarm, EffectLayer } from './layer.ts'
export { makePlan, previewPlan } from './make-plan.ts'
export type { PlanAsked, Preview } from './make-plan.ts'
export { OfferedCredentials } from './offered.ts'
export { getPlan, getReceipt, listPlans } from './read-plans.ts'
export type { PlanFilter } from './read-plans.ts'
export { everyPlan, everyTarget } from './standing.ts'
export type { PlanStanding } from './standing.ts'
export { EFFECT_TABLES, OUTCOMES, PLAN_STATES, RESTRAINT, STEP_STATES } from './records.ts'
export type {
  CurrentPlan,
  CurrentReceipt,
  CurrentTarget,
  Outcome,
  PlanPurpose,
  PlanRecord,
  PlanState,
  ReceiptRecord,
  StepRecord,
  TargetRecord,
} from './records.ts'
export { reapTargets } from './reap-targets.ts'
export { getRestraint, setRestraint } from './restraint.ts'
export type { Restraint } from './restraint.ts'
export { tellOfGrants } from './tell-of-grants.ts'
export type { UnprovenGrant } from './tell-of-grants.ts'
export { timedTargets } from './timed-rights.ts'
export type { TimedTarget } from './timed-rights.ts'
export {
  accountsOf,
  addTarget,
  changeTarget,
  examineTarget,
  findAccount,
  getTarget,
  listTargets,
  removeTarget,
} from './targets.ts'
