// One job of a workflow: its identity, its token, the secrets and the clouds that it reaches, and whose code it runs.
import { credentialRef, ref } from '#kernel'
import type { Json, Observation, PrincipalFact, Provenance, Ref } from '#kernel'
import { isRecord, member, oneOrMore, optional, placeOf, textIn, textOf } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { usesFacts } from './action-uses.ts'
import { federationFacts, federationOf, staticKeyAsJson, staticKeysInEnvironment, staticKeysOf } from './cloud-login.ts'
import type { Federation, StaticKey } from './cloud-login.ts'
import { dumpsAllSecrets, secretsIn, stringsBelow } from './expressions.ts'
import {
  mayIdentifyItself,
  rightsAsJson,
  tokenCredential,
  tokenEntitlements,
  tokenRights,
  writableScopes,
} from './job-permissions.ts'
import type { TokenRights } from './job-permissions.ts'
import { environmentOf, readSteps } from './job-steps.ts'
import type { Step } from './job-steps.ts'
import { jobExternalId } from './repository-place.ts'
import { checksOutPullRequestHead, excludesStrangers, injectionsIn, PRIVILEGED_BY_STRANGERS } from './untrusted-code.ts'
import type { Workflow } from './workflow.ts'

interface Job {
  readonly workflow: Workflow
  readonly ref: Ref
  readonly externalId: string
  readonly id: string
  readonly node: UntrustedRecord
  readonly at: Provenance
  readonly rights: TokenRights
  readonly steps: readonly Step[]
}

/** Yields the job's principal first, then what it holds and uses, in file order. */
export function* readJob(
  workflow: Workflow,
  jobs: UntrustedRecord,
  id: string,
  node: UntrustedRecord,
): Generator<Observation> {
  const externalId = jobExternalId(workflow.place, id)
  const { startLine } = placeOf('github', workflow.file, workflow.document, jobs, `job ${id}`, id)
  const job: Job = {
    workflow,
    ref: ref('github', externalId),
    externalId,
    id,
    node,
    at: {
      ...placeOf('github', workflow.file, workflow.document, node, `job ${id}`),
      ...optional('startLine', startLine),
    },
    rights: tokenRights(member(node, 'permissions'), member(workflow.node, 'permissions')),
    steps: readSteps(member(node, 'steps'), [environmentOf(node), workflow.environment]),
  }
  const secrets = secretsOf(job)
  const logins = job.steps.flatMap((step) => federationOf(step) ?? [])
  yield principalOf(job, secrets, logins)
  yield tokenCredential(job.ref, externalId, job.rights, permissionsPlace(job))
  yield* tokenEntitlements(job.ref, job.rights, workflow.place.resource, permissionsPlace(job))
  yield* secretFacts(job, secrets)
  yield* codeFacts(job)
  for (const login of logins) yield* federationFacts(job.ref, login, lineOf(job, login.node))
}

function lineOf(job: Job, node: object, key?: string | number): Provenance {
  const { file, document } = job.workflow
  return { ...job.at, ...placeOf('github', file, document, node, `job ${job.id}`, key) }
}

function permissionsPlace(job: Job): Provenance {
  if (job.rights.source === 'job') return lineOf(job, job.node, 'permissions')
  return job.rights.source === 'workflow' ? lineOf(job, job.workflow.node, 'permissions') : job.at
}

interface SecretUse {
  readonly provenance: Provenance
}

/** Secrets by name, at the first place that gives each to the job: its own text, or the workflow's `env`. */
function secretsOf(job: Job): ReadonlyMap<string, SecretUse> {
  const secrets = new Map<string, SecretUse>()
  for (const root of [job.workflow.environment, job.node]) {
    for (const { text, node, key } of stringsBelow(root)) {
      for (const name of secretsIn(text))
        if (!secrets.has(name)) secrets.set(name, { provenance: lineOf(job, node, key) })
    }
  }
  return secrets
}

function principalOf(job: Job, secrets: ReadonlyMap<string, SecretUse>, logins: readonly Federation[]): PrincipalFact {
  const { workflow, node } = job
  const environment = environmentName(member(node, 'environment'))
  const labels = runnerLabels(member(node, 'runs-on'))
  const attributes: Record<string, Json> = {
    workflow: workflow.name ?? workflow.place.path,
    ...optional('repository', workflow.place.repository),
    triggers: [...workflow.triggers],
    permissions: rightsAsJson(job.rights),
    permissionsSource: job.rights.source,
    writes: [...writableScopes(job.rights)],
    idToken: mayIdentifyItself(job.rights),
    secrets: [...secrets.keys()].sort(),
    secretsInherit: textIn(node, 'secrets') === 'inherit',
    secretsDumped: [...stringsBelow(node)].some(({ text }) => dumpsAllSecrets(text)),
    staticCloudKeys: staticKeys(job).map((key) => staticKeyAsJson(key, lineOf(job, key.node, key.key).startLine)),
    cloudFederation: logins.map(({ provider, action, target }) => ({
      provider,
      action,
      target: target?.externalId ?? null,
    })),
    ...strangersCode(job),
    runsOn: [...labels],
    selfHosted: labels.includes('self-hosted'),
    reusable: workflow.triggers.includes('workflow_call'),
    ...(job.rights.source === 'workflow' ? { sharesPermissionsWith: [...workflow.jobsWithoutPermissions] } : {}),
    ...optional('environment', environment),
  }
  return {
    type: 'principal',
    ref: job.ref,
    kind: 'ci_pipeline',
    nativeType: 'workflow-job',
    system: 'github',
    externalId: job.externalId,
    name: `${workflow.name ?? workflow.place.path} / ${job.id}`,
    ...(environment === undefined
      ? {}
      : { environment: { value: environment, reason: 'the job names this deployment environment' } }),
    ...(workflow.name === undefined ? {} : { purpose: { text: workflow.name, reason: 'the name of the workflow' } }),
    attributes,
    provenance: job.at,
  }
}

function staticKeys(job: Job): StaticKey[] {
  const found = [
    ...staticKeysInEnvironment(job.workflow.environment),
    ...staticKeysInEnvironment(environmentOf(job.node)),
    ...job.steps.flatMap((step) => [...staticKeysOf(step)]),
  ]
  return found.filter(
    (key, index) => found.findIndex(({ input, secret }) => input === key.input && secret === key.secret) === index,
  )
}

/** Only where a stranger can set the job off: elsewhere the author of the text could change the workflow as well. */
function strangersCode(job: Job): Record<string, Json> {
  const privileged = job.workflow.triggers.filter((trigger) => PRIVILEGED_BY_STRANGERS.has(trigger)).sort()
  const guarded = excludesStrangers(textIn(job.node, 'if') ?? '')
  if (privileged.length === 0 || guarded)
    return { strangerTriggers: guarded ? [] : privileged, checksOutPullRequestHead: false, injections: [] }
  const open = job.steps.filter((step) => !excludesStrangers(textIn(step.node, 'if') ?? ''))
  const checkout = open.find(checksOutPullRequestHead)
  return {
    strangerTriggers: privileged,
    checksOutPullRequestHead: checkout !== undefined,
    ...(checkout === undefined ? {} : { checkoutLine: lineOf(job, checkout.node).startLine ?? null }),
    injections: open.flatMap((step) =>
      [...injectionsIn(step)].map(({ field, into, step: label, node, key }) => ({
        field,
        into,
        step: label,
        line: lineOf(job, node, key).startLine ?? null,
      })),
    ),
  }
}

function* secretFacts(job: Job, secrets: ReadonlyMap<string, SecretUse>): Generator<Observation> {
  for (const [name, { provenance }] of secrets) {
    const secret = credentialRef.githubSecret(name, job.workflow.place.secretScope)
    yield { type: 'credential', ref: secret, credentialType: 'ci_secret', exposure: 'reference', name, provenance }
    yield { type: 'consumer', principal: job.ref, credential: { ref: secret }, provenance }
  }
}

function* codeFacts(job: Job): Generator<Observation> {
  const { place } = job.workflow
  const called = textIn(job.node, 'uses')
  if (called !== undefined) {
    const inherits = { secretsInherit: textIn(job.node, 'secrets') === 'inherit' }
    yield* usesFacts(job.ref, called, place, lineOf(job, job.node, 'uses'), inherits)
  }
  for (const step of job.steps) {
    if (step.uses !== undefined) yield* usesFacts(job.ref, step.uses, place, lineOf(job, step.node, 'uses'))
  }
}

/** A name, or a map with one; an expression says nothing for sure. */
function environmentName(environment: unknown): string | undefined {
  const name = isRecord(environment) ? textIn(environment, 'name') : textOf(environment)
  return name === undefined || name.includes('${{') ? undefined : name.trim()
}

function runnerLabels(runsOn: unknown): readonly string[] {
  const labels = isRecord(runsOn) ? member(runsOn, 'labels') : runsOn
  return oneOrMore(labels).filter((label): label is string => typeof label === 'string' && label.length <= 200)
}
