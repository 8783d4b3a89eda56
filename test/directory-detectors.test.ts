// The directory and Entra detectors, from the text of an export to the findings, look-alikes included.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectAll, estateInMemory } from '#governance'
import { effectiveAccess } from '#access'
import { assessOwners, classify, correlate } from '#identity'
import type { Classification } from '#identity'
import type { Fact, Id, Instant } from '#kernel'
import { directory } from '../src/connectors/directory/directory.ts'
import { entra } from '../src/connectors/entra/entra.ts'
import type { Connector } from '../src/connectors/port.ts'
import { offerText } from '../src/connectors/read/offer-text.ts'

function findings(connector: Connector, path: string, text: string, family: RegExp): string[] {
  const facts = offerText(connector, path, text).filter(
    (each): each is Fact => each.type !== 'problem' && each.type !== 'blind_spot',
  )
  const graph = correlate(facts)
  const access = effectiveAccess(facts, graph)
  const classification = new Map<Id<'principal'>, Classification>()
  for (const principal of graph.principals.values()) classification.set(principal.id, classify(principal, 'unknown'))
  const estate = estateInMemory({
    ...graph,
    facts,
    access,
    classification,
    ownership: assessOwners(graph, facts),
    asOf: '2026-11-23T00:00:00.000Z' as Instant,
    settings: { rotateWithinDays: {}, firstPartyOwners: [], ownAccounts: [] },
  })
  return detectAll(estate)
    .filter(({ detector }) => family.test(detector))
    .map(({ detector, severity }) => `${severity} ${detector}`)
}

/** One account of the class `user`; 134352864000000000 is 2026-10-01, 133700000000000000 is in September 2024. */
const account = (...lines: string[]): string[] =>
  findings(
    directory,
    'a.ldif',
    `dn: CN=svc-x,DC=corp,DC=example\nobjectClass: user\nsAMAccountName: svc-x\n${lines.join('\n')}\n`,
    /^directory-/,
  )

test('a service principal name is dangerous with a password that never expires or is old, and only then', () => {
  const spn = 'servicePrincipalName: HTTP/a'
  assert.deepEqual(account(spn, 'userAccountControl: 66048'), ['high directory-roastable-account'])
  assert.deepEqual(account(spn, 'userAccountControl: 512', 'pwdLastSet: 133700000000000000'), [
    'high directory-roastable-account',
  ])
  assert.deepEqual(account(spn, 'userAccountControl: 512', 'pwdLastSet: 134352864000000000'), [])
  assert.deepEqual(account(spn, 'userAccountControl: 66050'), [], 'disabled')
  assert.deepEqual(account('userAccountControl: 66048'), [], 'no principal name')
  assert.deepEqual(account(spn), [], 'nothing is known of the password')
})

test('control of the domain makes it critical', () => {
  const admin = 'memberOf: CN=Domain Admins,CN=Users,DC=corp,DC=example'
  assert.deepEqual(account('servicePrincipalName: HTTP/a', 'userAccountControl: 512', admin), [
    'critical directory-roastable-account',
    'high directory-service-account-admin',
  ])
  assert.deepEqual(account('userAccountControl: 514', admin), [], 'disabled')
  assert.deepEqual(account('userAccountControl: 512', 'memberOf: CN=Domain Users,CN=Users,DC=corp,DC=example'), [])
})

test('each weak flag is a finding of its own, unless the account is disabled', () => {
  assert.deepEqual(account('userAccountControl: 4194848'), [
    'high directory-weak-authentication',
    'high directory-weak-authentication',
  ])
  assert.deepEqual(account('userAccountControl: 4194818'), [])
})

test('delegation without limits is by design on a domain controller only', () => {
  assert.deepEqual(account('userAccountControl: 524800'), ['high directory-unconstrained-delegation'])
  assert.deepEqual(account('userAccountControl: 532480'), [])
  assert.deepEqual(account('userAccountControl: 16777728', 'msDS-AllowedToDelegateTo: HTTP/b'), [], 'constrained')
})

const graph = (...objects: object[]): string[] =>
  findings(
    entra,
    'graph.json',
    JSON.stringify({ value: [{ '@odata.type': '#microsoft.graph.organization', id: 'own' }, ...objects] }),
    /^entra-/,
  )
const app = (home: string, more: object = {}) => ({
  id: 's',
  displayName: 'S',
  servicePrincipalType: 'Application',
  appOwnerOrganizationId: home,
  ...more,
})
const role = {
  principalId: 's',
  principalType: 'ServicePrincipal',
  resourceId: 'g',
  appRoleId: '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8',
}
const consent = (consentType: string, scope: string) => ({ clientId: 's', consentType, resourceId: 'g', scope })

test('control of the tenant is high for an own application and critical for a third party', () => {
  assert.deepEqual(graph(app('own'), role), ['high entra-admin-permission'])
  assert.deepEqual(graph(app('other'), role), ['critical entra-admin-permission', 'high entra-third-party-consent'])
  assert.deepEqual(graph(app('own', { accountEnabled: false }), role), [])
  assert.deepEqual(
    graph(app('own'), consent('AllPrincipals', 'Directory.ReadWrite.All')),
    [],
    'a user stands behind it',
  )
})

test('consent for everybody counts for third parties that write; one user or reading does not', () => {
  assert.deepEqual(graph(app('other'), consent('AllPrincipals', 'Files.ReadWrite.All')), [
    'medium entra-third-party-consent',
  ])
  assert.deepEqual(graph(app('other'), consent('Principal', 'Files.ReadWrite.All')), [])
  assert.deepEqual(graph(app('other'), consent('AllPrincipals', 'User.Read')), [])
  assert.deepEqual(graph(app('own'), consent('AllPrincipals', 'Files.ReadWrite.All')), [])
})

test('a client secret is reported for a life of more than two years, not once it has expired', () => {
  const secret = (startDateTime: string, endDateTime: string) =>
    graph({
      appId: 'a',
      displayName: 'A',
      publisherDomain: 'd',
      passwordCredentials: [{ keyId: 'k', startDateTime, endDateTime }],
    })
  assert.deepEqual(secret('2026-10-01T00:00:00Z', '2029-01-01T00:00:00Z'), ['medium entra-secret-lifetime'])
  assert.deepEqual(secret('2026-10-01T00:00:00Z', '2027-04-01T00:00:00Z'), [])
  assert.deepEqual(secret('2015-10-01T00:00:00Z', '2025-10-01T00:00:00Z'), [])
})
