// One directory entry as facts: what kind of account it is, how it authenticates, what it is a member of.
import { directoryResource, ref } from '#kernel'
import type { Instant, Json, Observation, OwnerHint, PrincipalKind, Provenance, Ref } from '#kernel'
import type { ReadContext } from '../port.ts'
import { controlOf, flagsOf, fromDirectoryTime, fromFileTime } from './active-directory.ts'
import type { AccountFlag } from './active-directory.ts'

export interface DirectoryEntry {
  readonly dn: string
  /** Names in lower case. */
  readonly attributes: ReadonlyMap<string, readonly string[]>
}

/** DNs compare without case and without the space after a comma. */
const normalDn = (dn: string): string =>
  dn
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
    .join(',')
export const dnRef = (dn: string): Ref => ref('directory', normalDn(dn))
export const passwordRef = (dn: string): Ref => ref('directory', `password/${normalDn(dn)}`)

const GROUPS = ['group', 'groupofnames', 'groupofuniquenames', 'posixgroup']
const MACHINES = ['computer', 'device', 'iphost']
const MANAGED = ['msds-groupmanagedserviceaccount', 'msds-managedserviceaccount', 'msds-delegatedmanagedserviceaccount']
const SERVICES = ['applicationprocess', 'simplesecurityobject', 'account', 'organizationalrole']
const PEOPLE = ['user', 'person', 'inetorgperson', 'organizationalperson', 'posixaccount']
const NAMED_SERVICE = /(?:^|[^a-z])(?:svc|service|srv|sa|bot|batch|task|app|daemon)(?:[^a-z]|$)/i

interface Kind {
  readonly kind: PrincipalKind
  readonly reason: string
}

function kindOf(classes: ReadonlySet<string>, spns: number, name: string): Kind | undefined {
  const is = (names: readonly string[]): string | undefined => names.find((each) => classes.has(each))
  const group = is(GROUPS)
  if (group !== undefined) return { kind: 'group', reason: `object class ${group}` }
  const managed = is(MANAGED)
  if (managed !== undefined) return { kind: 'service_account', reason: `object class ${managed}` }
  const machine = is(MACHINES)
  if (machine !== undefined) return { kind: 'machine', reason: `object class ${machine}` }
  const person = is(PEOPLE)
  if (person !== undefined) {
    if (spns > 0) return { kind: 'service_account', reason: 'a user account with a service principal name' }
    if (NAMED_SERVICE.test(name)) return { kind: 'service_account', reason: `named \`${name}\`` }
    return { kind: 'human', reason: `object class ${person}` }
  }
  const service = is(SERVICES)
  return service === undefined ? undefined : { kind: 'service_account', reason: `object class ${service}` }
}

/** Entries that are no account and no group (units, containers, policies) yield nothing. */
export function* entryFacts(
  entry: DirectoryEntry,
  context: ReadContext,
  provenance: Provenance,
): Generator<Observation> {
  const all = (name: string): readonly string[] => entry.attributes.get(name) ?? []
  const one = (...names: string[]): string | undefined =>
    names.map((name) => all(name)[0]).find((value) => value !== undefined && value !== '')
  const classes = new Set(all('objectclass').map((each) => each.toLowerCase()))
  const spns = all('serviceprincipalname')
  const name = one('samaccountname', 'uid', 'cn', 'name') ?? entry.dn
  const found = kindOf(classes, spns.length, name)
  if (found === undefined) return
  const own = dnRef(entry.dn)
  const flags = flagsOf(one('useraccountcontrol'))
  const times = timesOf(one)
  const sid = one('objectsid')
  yield {
    type: 'principal',
    ref: own,
    ...(sid !== undefined && sid.startsWith('S-1-') ? { aliases: [ref('directory', `sid/${sid}`)] } : {}),
    kind: found.kind,
    nativeType: [...classes].at(-1) ?? 'entry',
    system: 'directory',
    externalId: entry.dn,
    name,
    ...(flags.size > 0 || one('useraccountcontrol') !== undefined ? { enabled: !flags.has('disabled') } : {}),
    ...times,
    ...(one('info') === undefined ? {} : { purpose: { text: one('info') ?? '', reason: 'attribute `info`' } }),
    ownerHints: ownerHints(one),
    attributes: attributes(one, all, classes, flags, found.reason),
    provenance,
  }
  yield* passwords(entry, own, flags, context, provenance)
  yield* memberships(entry, own, name, provenance)
}

function timesOf(one: (...names: string[]) => string | undefined): {
  createdAt?: Instant
  expiresAt?: Instant
  lastUsedAt?: Instant
} {
  const createdAt = fromDirectoryTime(one('whencreated', 'createtimestamp', 'created'))
  const expiresAt = fromFileTime(one('accountexpires'))
  const lastUsedAt = fromFileTime(one('lastlogontimestamp', 'lastlogon')) ?? fromDirectoryTime(one('lastlogondate'))
  return {
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  }
}

function ownerHints(one: (...names: string[]) => string | undefined): OwnerHint[] {
  const hints: OwnerHint[] = []
  for (const name of ['managedby', 'owner', 'manager']) {
    const who = one(name)
    if (who === undefined) continue
    // a DN says who by its first part
    const shown = /^(?:cn|uid)=((?:[^,\\]|\\.)+)/i.exec(who)?.[1] ?? who
    hints.push({ who: shown, how: 'declared', reason: `attribute \`${name}\`` })
  }
  return hints
}

function attributes(
  one: (...names: string[]) => string | undefined,
  all: (name: string) => readonly string[],
  classes: ReadonlySet<string>,
  flags: ReadonlySet<AccountFlag>,
  kindReason: string,
): Record<string, Json> {
  const delegated = all('msds-allowedtodelegateto')
  const spns = all('serviceprincipalname')
  const set: Record<string, Json> = { kindReason }
  for (const flag of flags) if (flag !== 'disabled') set[flag] = true
  if (spns.length > 0) set['servicePrincipalNames'] = [...spns]
  if (delegated.length > 0) set['delegatesTo'] = [...delegated]
  if (one('admincount') === '1') set['adminCount'] = true
  if (MANAGED.some((name) => classes.has(name))) set['managedPassword'] = true
  const passwordSetAt = fromFileTime(one('pwdlastset')) ?? fromDirectoryTime(one('passwordlastset'))
  if (passwordSetAt !== undefined) set['passwordSetAt'] = passwordSetAt
  return set
}

function* passwords(
  entry: DirectoryEntry,
  own: Ref,
  flags: ReadonlySet<AccountFlag>,
  context: ReadContext,
  provenance: Provenance,
): Generator<Observation> {
  const all = (name: string): readonly string[] => entry.attributes.get(name) ?? []
  const setAt = fromFileTime(all('pwdlastset')[0]) ?? fromDirectoryTime(all('passwordlastset')[0])
  if (setAt !== undefined && !flags.has('disabled')) {
    yield {
      type: 'credential',
      ref: passwordRef(entry.dn),
      credentialType: 'password',
      exposure: 'record',
      principal: own,
      name: 'password',
      lastRotatedAt: setAt,
      attributes: { neverExpires: flags.has('passwordNeverExpires') },
      provenance,
    }
  }
  for (const name of [
    'userpassword',
    'unixuserpassword',
    'olcrootpw',
    'unicodepwd',
    'ms-mcs-admpwd',
    'mslaps-password',
  ]) {
    for (const value of all(name)) {
      // `{SSHA}…` is a hash; in clear, or under a scheme that is no hash, the value is the password
      if (/^\{(?!clear|cleartext|plain)[a-z0-9-]+\}/i.test(value) || value.length < 4) continue
      yield {
        type: 'credential',
        credentialType: 'password',
        exposure: 'embedded',
        principal: own,
        name,
        rule: 'directory-password',
        confidence: 0.9,
        fingerprint: context.fingerprint(value.replace(/^\{[a-z]+\}/i, '')),
        provenance,
      }
    }
  }
}

function* memberships(entry: DirectoryEntry, own: Ref, name: string, provenance: Provenance): Generator<Observation> {
  const all = (attribute: string): readonly string[] => entry.attributes.get(attribute) ?? []
  for (const dn of [...all('member'), ...all('uniquemember')]) {
    yield mention(dn, provenance)
    yield { type: 'membership', member: dnRef(dn), group: own, provenance }
  }
  for (const dn of all('memberof')) {
    yield mention(dn, provenance, 'group')
    yield { type: 'membership', member: own, group: dnRef(dn), provenance }
    yield* control(dn, commonName(dn), provenance)
  }
  yield* control(entry.dn, name, provenance)
}

const commonName = (dn: string): string => /^(?:cn|uid|ou)=((?:[^,\\]|\\.)+)/i.exec(dn)?.[1] ?? dn

function mention(dn: string, provenance: Provenance, mentionedAs?: PrincipalKind): Observation {
  const kind = mentionedAs ?? (NAMED_SERVICE.test(commonName(dn)) ? 'service_account' : 'human')
  return {
    type: 'principal',
    ref: dnRef(dn),
    kind,
    nativeType: kind === 'group' ? 'group' : 'entry',
    system: 'directory',
    externalId: dn,
    name: commonName(dn),
    mentioned: true,
    provenance,
  }
}

/** Every domain has these groups; membership, also through other groups, is what gives the right. */
function* control(dn: string, name: string, provenance: Provenance): Generator<Observation> {
  const what = controlOf(name)
  if (what === undefined) return
  yield {
    type: 'entitlement',
    principal: dnRef(dn),
    system: 'directory',
    permission: name,
    actions: ['ldap:admin'],
    resources: [directoryResource(dn.slice(dn.toLowerCase().indexOf('dc=')))],
    level: 'admin',
    reason: `\`${name}\` ${what}`,
    provenance,
  }
}
