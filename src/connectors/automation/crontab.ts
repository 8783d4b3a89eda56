// Crontabs: what runs by the clock, as whom, with which secrets in its line (crontab(5), user and system form).
import { hostAction, hostResource, ref } from '#kernel'
import type { Observation, OwnerHint, PrincipalFact, Provenance } from '#kernel'
import { hostOf, hostUser, onHost } from '../host-of.ts'
import type { HostOf } from '../host-of.ts'
import { isSecretEntry } from '../placeholder.ts'
import type { ReadContext, UntrustedFile } from '../port.ts'
import { programOf, secretsInCommand } from './command-line.ts'
import { givenSecrets } from './given-secrets.ts'

const SYSTEM_FORM = /(?:^|\/)etc\/(?:crontab$|cron\.d\/)|(?:^|\/)cron\.d\//
const SPOOL = /(?:^|\/)var\/spool\/cron\/(?:crontabs\/|tabs\/)?([^/]+)$/
const SCHEDULE =
  /^(@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)|(?:[\d*/,A-Za-z-]+[ \t]+){4}[\d*/,A-Za-z-]+)[ \t]+([^]*)$/
const LINE_LENGTH_MAX = 16_384

export function* discoverCrontab(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const host = hostOf(file.path, context)
  const system = SYSTEM_FORM.test(file.path)
  const spoolUser = SPOOL.exec(file.path)?.[1]
  const programs = new Map<string, number>()
  let mailTo: OwnerHint | undefined
  let line = 0
  for (const row of file.text().split('\n')) {
    line += 1
    const text = row.trim().slice(0, LINE_LENGTH_MAX)
    if (text === '' || text.startsWith('#')) continue
    const provenance: Provenance = { connector: 'automation', file: file.path, startLine: line, endLine: line }
    const [, variable, quoted = ''] = /^([A-Za-z_]\w*)[ \t]*=[ \t]*([^]*)$/.exec(text) ?? []
    if (variable !== undefined) {
      const value = quoted.replaceAll(/^["']|["']$/g, '')
      if (variable === 'MAILTO' && value.includes('@'))
        mailTo = { who: value.split(',')[0] ?? value, how: 'annotation', reason: '`MAILTO` of the crontab' }
      else if (isSecretEntry(variable, value))
        yield* givenSecrets([{ name: variable, value }], 'cron-environment', undefined, provenance, context)
      continue
    }
    const [, schedule, rest = ''] = SCHEDULE.exec(text) ?? []
    if (schedule === undefined) {
      const message = 'this line is neither a schedule with a command nor an assignment: the other lines were read'
      yield { type: 'problem', connector: 'automation', file: file.path, startLine: line, message }
      continue
    }
    const [, stated, afterUser] = system ? (/^(\S+)[ \t]+([^]*)$/.exec(rest) ?? []) : []
    const command = system ? (afterUser ?? '') : rest
    yield* jobFacts({ host, file, schedule, user: stated ?? spoolUser, command, programs, mailTo }, provenance, context)
  }
}

interface Job {
  readonly host: HostOf
  readonly file: UntrustedFile
  readonly schedule: string
  readonly user: string | undefined
  readonly command: string
  readonly programs: Map<string, number>
  readonly mailTo: OwnerHint | undefined
}

function* jobFacts(job: Job, provenance: Provenance, context: ReadContext): Generator<Observation> {
  const { host, programs } = job
  const program = programOf(job.command)
  const ordinal = (programs.get(program) ?? 0) + 1
  programs.set(program, ordinal)
  const id = `${host.inner}#${program}${ordinal === 1 ? '' : `~${ordinal}`}`
  const principal = cronPrincipal(host, id, program, 'cron-job', provenance, {
    attributes: { schedule: job.schedule, program, ...(job.user === undefined ? {} : { user: job.user }) },
    ...(job.mailTo === undefined ? {} : { ownerHints: [job.mailTo] }),
  })
  yield principal
  if (job.user !== undefined) yield* runsAs(principal, host, job.user, provenance)
  yield* givenSecrets(secretsInCommand(job.command), 'cron-command', principal.ref, provenance, context)
}

/** A script in `cron.daily` and its kin runs as root; what it does is the source-code connector's to read. */
export function* discoverCronScript(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const host = hostOf(file.path, context)
  const provenance: Provenance = { connector: 'automation', file: file.path, startLine: 1 }
  const schedule = /cron\.(hourly|daily|weekly|monthly)\//.exec(file.path)?.[1] ?? 'unknown'
  const name = file.path.slice(file.path.lastIndexOf('/') + 1)
  const principal = cronPrincipal(host, host.inner, name, 'cron-script', provenance, {
    attributes: { schedule, program: host.inner, user: 'root' },
  })
  yield principal
  yield* runsAs(principal, host, 'root', provenance)
}

function cronPrincipal(
  host: HostOf,
  id: string,
  name: string,
  nativeType: string,
  provenance: Provenance,
  about: Pick<PrincipalFact, 'attributes' | 'ownerHints'>,
): PrincipalFact {
  const externalId = onHost(host, id)
  return {
    type: 'principal',
    ref: ref('host', `cron/${id}`, host.scope),
    kind: 'workload',
    nativeType,
    system: 'host',
    externalId,
    name,
    ...about,
    provenance: { ...provenance, object: externalId },
  }
}

/** The job acts as the account; as root it may do anything on the host. */
export function* runsAs(
  principal: PrincipalFact,
  host: HostOf,
  user: string,
  provenance: Provenance,
): Generator<Observation> {
  const account = hostUser(host, user, provenance)
  yield account
  yield { type: 'relation', relation: 'runs_as', from: { ref: principal.ref }, to: account.ref, provenance }
  if (user !== 'root') return
  yield {
    type: 'entitlement',
    principal: principal.ref,
    system: 'host',
    permission: 'runs as root',
    actions: [hostAction('*')],
    resources: [hostResource(host.host || '*', '*')],
    level: 'admin',
    reason: 'runs as root, which may do anything on its host',
    provenance,
  }
}
