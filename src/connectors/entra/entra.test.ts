import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Observation } from '#kernel'
import { offerText } from '../read/offer-text.ts'
import { entra } from './entra.ts'

const only = <T extends Observation['type']>(observations: readonly Observation[], type: T) =>
  observations.filter((each): each is Extract<Observation, { type: T }> => each.type === type)

const TENANT = { '@odata.type': '#microsoft.graph.organization', id: 'tenant-1', verifiedDomains: [] }
const discover = (...objects: object[]) => offerText(entra, 'graph.json', JSON.stringify({ value: objects }, null, 1))

test('a service principal is listed by its object id, with the application that it stands for', () => {
  const facts = discover({
    id: 'sp-1',
    appId: 'app-1',
    displayName: 'Portal',
    servicePrincipalType: 'Application',
    accountEnabled: false,
  })
  const [principal, application] = only(facts, 'principal')
  assert.equal(principal?.externalId, 'sp-1')
  assert.equal(principal?.enabled, false)
  assert.equal(application?.externalId, 'app-1')
  assert.equal(application?.mentioned, true)
  assert.equal(only(facts, 'relation')[0]?.relation, 'runs_as')
})

test('two service principals of one application in two tenants stay two principals', () => {
  const facts = discover(
    { id: 'sp-1', appId: 'app-1', displayName: 'Portal', servicePrincipalType: 'Application' },
    { id: 'sp-2', appId: 'app-1', displayName: 'Portal', servicePrincipalType: 'Application' },
  )
  const refs = new Set<string>()
  for (const fact of only(facts, 'principal')) {
    if (fact.nativeType === 'servicePrincipal') for (const ref of [fact.ref, ...(fact.aliases ?? [])]) refs.add(ref)
  }
  assert.equal(refs.size, 2)
})

test('first and third party are told apart only when the tenant is known', () => {
  const app = {
    id: 'sp-1',
    appId: 'a',
    displayName: 'X',
    servicePrincipalType: 'Application',
    appOwnerOrganizationId: 'tenant-2',
    publisherName: 'Vendor',
  }
  assert.equal(only(discover(TENANT, app), 'principal')[0]?.attributes?.['firstParty'], false)
  assert.equal(only(discover(app), 'principal')[0]?.attributes?.['firstParty'], undefined)
})

test('an app role gets its name and its level; the default access role gives nothing', () => {
  const assignment = {
    principalId: 'sp-1',
    principalType: 'ServicePrincipal',
    resourceId: 'r',
    resourceDisplayName: 'Microsoft Graph',
  }
  const facts = discover(
    { ...assignment, appRoleId: '9E3F62CF-ca93-4989-b6ce-bf83c28f9fe8' },
    { ...assignment, appRoleId: '00000000-0000-0000-0000-000000000000' },
  )
  const [right, ...others] = only(facts, 'entitlement')
  assert.equal(right?.permission, 'RoleManagement.ReadWrite.Directory')
  assert.equal(right?.level, 'admin')
  assert.deepEqual(others, [])
})

test('a delegated permission reaches no further than write, since a user stands behind it', () => {
  const facts = discover({
    clientId: 'sp-1',
    consentType: 'AllPrincipals',
    resourceId: 'r',
    scope: 'Directory.ReadWrite.All  User.Read',
  })
  assert.deepEqual(
    only(facts, 'entitlement').map(({ permission, level }) => [permission, level]),
    [
      ['Directory.ReadWrite.All', 'write'],
      ['User.Read', 'read'],
    ],
  )
})

test('a secret value in an answer leaves only as a fingerprint', () => {
  const secret = 'q8~planted-Value-of-a-client-secret'
  const facts = discover({
    keyId: 'k-1',
    secretText: secret,
    hint: secret.slice(0, 3),
    startDateTime: '2026-01-01T00:00:00Z',
  })
  assert.equal(only(facts, 'credential')[0]?.exposure, 'embedded')
  assert.ok(!JSON.stringify(facts).includes(secret))
})

test('owners are read where they are expanded and where only the context names the object', () => {
  const expanded = discover({
    id: 'x',
    appId: 'app-1',
    displayName: 'X',
    publisherDomain: 'd',
    owners: [
      { mail: 'a@larkfield.example' },
      { '@odata.type': '#microsoft.graph.servicePrincipal', displayName: 'robot' },
    ],
  })
  assert.deepEqual(
    only(expanded, 'ownership').map(({ owners }) => owners),
    [['a@larkfield.example']],
  )
  const listed = offerText(
    entra,
    'owners.json',
    JSON.stringify({
      '@odata.context': "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals('sp-1')/owners",
      value: [{ userPrincipalName: 'b@larkfield.example' }],
    }),
  )
  assert.deepEqual(
    only(listed, 'ownership').map(({ of, owners }) => [of, owners]),
    [[{ ref: 'entra:sp/sp-1' }, ['b@larkfield.example']]],
  )
})

test('members of wrong types are left out and the rest is read', () => {
  const facts = discover(
    {
      id: 7,
      appId: null,
      displayName: ['x'],
      servicePrincipalType: 'Application',
      passwordCredentials: 'no',
      keyCredentials: [null, 3, { keyId: {} }],
    },
    { id: 'sp-2', displayName: 'ok', servicePrincipalType: 'Application' },
  )
  assert.deepEqual(
    only(facts, 'principal').map(({ externalId }) => externalId),
    ['sp-2'],
  )
  assert.deepEqual(only(facts, 'problem'), [])
})

const FIXTURE = '../shared/fixtures/entra/entra_graph_doc_responses.json'
test(
  'every service principal of the real export is listed',
  { skip: existsSync(FIXTURE) ? false : 'the real exports are not on this machine' },
  () => {
    const source = readFileSync(FIXTURE, 'utf8')
    const ids = new Set(only(offerText(entra, 'graph.json', source), 'principal').map(({ externalId }) => externalId))
    const count = (value: unknown): string[] => {
      if (typeof value !== 'object' || value === null) return []
      const record = value as Record<string, unknown>
      const own =
        'servicePrincipalType' in record ? [String(record['id'] ?? record['appId'] ?? record['displayName'])] : []
      return [...own, ...Object.values(record).flatMap(count)]
    }
    const expected = count(JSON.parse(source))
    assert.ok(expected.length >= 5)
    assert.deepEqual(
      expected.filter((id) => !ids.has(id)),
      [],
    )
  },
)
