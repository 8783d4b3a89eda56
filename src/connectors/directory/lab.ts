// Active Directory lab definitions: `domains` (also below `lab`) with their users and groups, passwords in clear.
import type { Observation, Provenance } from '#kernel'
import type { ParsedDocument, ReadContext } from '../port.ts'
import { dnRef, entryFacts, passwordRef } from './entry.ts'
import { isRecord } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

const child = (value: unknown, key: string): UntrustedRecord => {
  const found = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return isRecord(found) ? found : {}
}
const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []

/** Only domains whose users are maps with a `path` count; anything else of the name `domains` is somebody else's. */
export function* readLab(
  root: UntrustedRecord,
  document: ParsedDocument,
  context: ReadContext,
  provenance: Provenance,
): Generator<Observation> {
  const domains =
    Object.keys(child(root, 'domains')).length > 0 ? child(root, 'domains') : child(child(root, 'lab'), 'domains')
  for (const name of Object.keys(domains)) {
    const users = child(domains[name], 'users')
    for (const login of Object.keys(users)) {
      const user = child(users, login)
      const path = typeof user['path'] === 'string' ? user['path'] : undefined
      if (path === undefined) continue
      const dn = `CN=${login},${path}`
      const startLine = document.line(user)
      const endLine = document.endLine(user)
      const place: Provenance = {
        ...provenance,
        object: dn,
        ...(startLine === undefined ? {} : { startLine }),
        ...(endLine === undefined ? {} : { endLine }),
      }
      const groups = strings(user['groups']).map((group) => groupDn(child(domains[name], 'groups'), group, name))
      const attributes = new Map<string, readonly string[]>([
        ['objectclass', ['user']],
        ['samaccountname', [login]],
        ['serviceprincipalname', strings(user['spns'])],
        ['memberof', groups],
      ])
      yield* entryFacts({ dn, attributes }, context, place)
      if (typeof user['password'] === 'string' && user['password'] !== '') {
        const line = document.line(user, 'password')
        yield {
          type: 'credential',
          ref: passwordRef(dn),
          credentialType: 'password',
          exposure: 'embedded',
          principal: dnRef(dn),
          name: 'password',
          rule: 'directory-password',
          confidence: 0.95,
          fingerprint: context.fingerprint(user['password']),
          provenance: { ...place, ...(line === undefined ? {} : { startLine: line, endLine: line }) },
        }
      }
    }
  }
}

function groupDn(groups: Record<string, unknown>, name: string, domain: string): string {
  for (const scope of Object.keys(groups)) {
    const path = child(child(groups, scope), name)['path']
    if (typeof path === 'string') return `CN=${name},${path}`
  }
  return `CN=${name},CN=Users,${domain
    .split('.')
    .map((part) => `DC=${part}`)
    .join(',')}`
}
