// systemd units: services with the account they run as, what confines them and the secrets they are given; timers.
import { ref } from '#kernel'
import type { Json, Observation, PrincipalFact, Provenance } from '#kernel'
import { accountOfHome, hostFileRef, hostOf, hostUser, onHost } from '../host-of.ts'
import type { HostOf } from '../host-of.ts'
import { isSecretEntry } from '../placeholder.ts'
import type { ReadContext, UntrustedFile } from '../port.ts'
import { programOf, secretsInCommand, wordsOf } from './command-line.ts'
import { runsAs } from './crontab.ts'
import { givenSecrets } from './given-secrets.ts'
import { readUnit } from './unit-file.ts'
import type { Unit, UnitEntry } from './unit-file.ts'

interface Place {
  readonly host: HostOf
  readonly file: UntrustedFile
  readonly at: (entry: UnitEntry | undefined) => Provenance
}

/** Units that a package brings: the distribution answers for them, and what `/etc` has of the same name defines them here. */
const OF_A_PACKAGE = /^\/(?:usr\/(?:local\/)?)?lib\/systemd\//

const TRUE = /^(?:yes|true|on|1)$/i

export function* discoverSystemd(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const unit = readUnit(file.text())
  const host = hostOf(file.path, context)
  const [, dropIn, base = ''] = /(?:^|\/)([^/]+\.(?:service|timer))\.d\/[^/]+$|(?:^|\/)([^/]+)$/.exec(file.path) ?? []
  const name = dropIn ?? base
  const place: Place = {
    host,
    file,
    at: (entry) => ({
      connector: 'automation',
      file: file.path,
      object: onHost(host, name),
      startLine: entry?.line ?? 1,
      ...(entry === undefined ? {} : { endLine: entry.endLine }),
    }),
  }
  if (unit.has('Timer') && name.endsWith('.timer')) yield timerFact(name, unit, place)
  if (unit.has('Service')) yield* serviceFacts(name, unit, place, dropIn !== undefined, context)
}

const serviceRef = (host: HostOf, name: string): PrincipalFact['ref'] => ref('host', `systemd/${name}`, host.scope)

function timerFact(name: string, unit: Unit, { host, at }: Place): PrincipalFact {
  const service = unit.last('Timer', 'Unit')?.value ?? name.replace(/\.timer$/, '.service')
  const schedule = ['OnCalendar', 'OnBootSec', 'OnUnitActiveSec', 'OnStartupSec', 'OnActiveSec'].flatMap((key) =>
    unit.all('Timer', key).map(({ value }) => `${key}=${value}`),
  )
  return {
    type: 'principal',
    ref: serviceRef(host, service),
    kind: 'workload',
    nativeType: 'systemd-service',
    system: 'host',
    externalId: onHost(host, service),
    name: service,
    attributes: { timer: name, schedule },
    mentioned: true,
    provenance: at(undefined),
  }
}

function* serviceFacts(
  name: string,
  unit: Unit,
  place: Place,
  dropIn: boolean,
  context: ReadContext,
): Generator<Observation> {
  const { host, at, file } = place
  const description = unit.last('Unit', 'Description')?.value
  const userUnit = /(?:^|\/)systemd\/user\//.test(file.path)
  const dynamic = TRUE.test(unit.last('Service', 'DynamicUser')?.value ?? '')
  const stated = unit.last('Service', 'User')
  const principal: PrincipalFact = {
    type: 'principal',
    ref: serviceRef(host, name),
    kind: 'workload',
    nativeType: 'systemd-service',
    system: 'host',
    externalId: onHost(host, name),
    name,
    ...(description === undefined ? {} : { purpose: { text: description, reason: '`Description` of the unit' } }),
    attributes: attributesOf(unit, dynamic, stated?.value),
    ...(dropIn || OF_A_PACKAGE.test(host.inner) ? { mentioned: true } : {}),
    provenance: at(undefined),
  }
  yield principal
  const user = accountFor(unit, { userUnit, dynamic, dropIn, stated: stated?.value, host })
  if (user === 'root' && isConfined(unit)) {
    const account = hostUser(host, user, at(stated))
    yield account
    yield {
      type: 'relation',
      relation: 'runs_as',
      from: { ref: principal.ref },
      to: account.ref,
      provenance: at(stated),
    }
  } else if (user !== undefined) yield* runsAs(principal, host, user, at(stated))
  yield* secretFacts(unit, principal, place, context)
}

function accountFor(
  unit: Unit,
  about: { userUnit: boolean; dynamic: boolean; dropIn: boolean; stated: string | undefined; host: HostOf },
): string | undefined {
  if (about.stated !== undefined && about.stated !== '') return about.stated.includes('%') ? undefined : about.stated
  if (about.userUnit) return accountOfHome(about.host.inner) || undefined
  // without `User=` the system manager starts a service as root
  return about.dynamic || about.dropIn || unit.all('Service', 'ExecStart').length === 0 ? undefined : 'root'
}

/** As root, yet without root's powers. */
const isConfined = (unit: Unit): boolean =>
  unit.last('Service', 'CapabilityBoundingSet') !== undefined ||
  unit.last('Service', 'ProtectSystem')?.value.toLowerCase() === 'strict'

function attributesOf(unit: Unit, dynamic: boolean, user: string | undefined): Record<string, Json> {
  const programs = unit.all('Service', 'ExecStart').map(({ value }) => programOf(value.replace(/^[@:+!|-]+/, '')))
  const confinement = ['NoNewPrivileges', 'ProtectSystem', 'ProtectHome', 'PrivateTmp', 'CapabilityBoundingSet']
  return {
    user: user ?? null,
    dynamicUser: dynamic,
    programs,
    environmentFiles: unit.all('Service', 'EnvironmentFile').map(({ value }) => value),
    confinement: confinement.filter((key) => unit.last('Service', key) !== undefined),
  }
}

function* secretFacts(
  unit: Unit,
  principal: PrincipalFact,
  place: Place,
  context: ReadContext,
): Generator<Observation> {
  const { host, at } = place
  for (const entry of unit.all('Service', 'Environment')) {
    const given = wordsOf(entry.value).flatMap((word) => {
      const equals = word.indexOf('=')
      const [name, value] = [word.slice(0, equals), word.slice(equals + 1)]
      return equals > 0 && isSecretEntry(name, value) ? [{ name, value }] : []
    })
    yield* givenSecrets(given, 'systemd-environment', principal.ref, at(entry), context)
  }
  for (const key of ['ExecStart', 'ExecStartPre', 'ExecStartPost', 'ExecReload', 'ExecStop']) {
    for (const entry of unit.all('Service', key))
      yield* givenSecrets(secretsInCommand(entry.value), 'systemd-command', principal.ref, at(entry), context)
  }
  for (const entry of unit.all('Service', 'SetCredential')) {
    const [name = '', ...rest] = entry.value.split(':')
    const value = rest.join(':')
    if (value !== '') yield* givenSecrets([{ name, value }], 'systemd-credential', principal.ref, at(entry), context)
  }
  for (const entry of [...unit.all('Service', 'LoadCredential'), ...unit.all('Service', 'LoadCredentialEncrypted')]) {
    const [name = '', path = ''] = entry.value.split(':')
    const credential = path.startsWith('/') ? hostFileRef(host, path) : undefined
    yield {
      type: 'credential',
      ...(credential === undefined ? {} : { ref: credential }),
      credentialType: 'api_token',
      exposure: 'reference',
      name,
      attributes: { loadedFrom: path },
      provenance: at(entry),
    }
    // without a path the manager hands on what it was given itself: which value that is, the unit does not say
    if (credential !== undefined)
      yield { type: 'consumer', principal: principal.ref, credential: { ref: credential }, provenance: at(entry) }
  }
}
