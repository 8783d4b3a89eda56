import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asText, offer, only } from '../offer-in-test.ts'
import { github } from './github.ts'

const offered = (value: unknown, path = 'export.json'): ReturnType<typeof offer> =>
  offer(github, path, JSON.stringify(value))

const KEY = {
  id: 7,
  key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDVuZGVyc3Rvb2Rfb25seV9hc19hX3Rlc3Rfa2V5',
  title: 'bot',
  read_only: false,
  added_by: 'ana',
  created_at: '2026-01-02T03:04:05Z',
}

test('a record, an array, a page, pages and a map of responses all give the same facts', () => {
  const scoped = { ...KEY, url: 'https://api.github.com/repos/acme/shop/keys/7' }
  for (const value of [
    scoped,
    [scoped],
    { total_count: 1, keys: [scoped] },
    [{ total_count: 1, keys: [scoped] }],
    { 'GET /repos/acme/shop/keys?per_page=100': [KEY] },
  ]) {
    const [key] = only(offered(value), 'credential')
    assert.equal(key?.ref, 'github[acme/shop]:deploy-key/7', JSON.stringify(value))
    assert.equal(key.attributes?.['readOnly'], false)
    assert.match(key.aliases?.[0] ?? '', /^ssh:key\/SHA256:/)
  }
})

test('the path of the file gives the scope as the API spells it', () => {
  const [key] = only(offered([KEY], 'exports/repos/acme/shop/keys.json'), 'credential')
  assert.equal(key?.attributes?.['repository'], 'acme/shop')
})

test('secrets of unknown scope have no identifier, so equal names prove nothing', () => {
  const page = {
    total_count: 1,
    secrets: [{ name: 'TOKEN', created_at: '2026-01-01T00:00:00Z', updated_at: '2026-02-01T00:00:00Z' }],
  }
  const [unknown] = only(offered(page), 'credential')
  assert.equal(unknown?.ref, undefined)
  assert.equal(unknown?.lastRotatedAt, '2026-02-01T00:00:00.000Z')
  const scoped = only(
    offered({ '/repos/acme/shop/actions/secrets': page, '/repos/acme/shop/dependabot/secrets': page }),
    'credential',
  )
  assert.deepEqual(
    scoped.map(({ ref }) => ref),
    ['github[acme/shop]:secret/TOKEN', 'github[acme/shop]:dependabot-secret/TOKEN'],
  )
})

test('an installation is told from another of the same app, and a suspended one is off', () => {
  const installation = {
    id: 1,
    account: { login: 'acme' },
    app_id: 5,
    app_slug: 'sync',
    repository_selection: 'all',
    permissions: { contents: 'write', organization_administration: 'write', metadata: 'read' },
    suspended_at: '2026-01-01T00:00:00Z',
  }
  const facts = offered({ total_count: 1, installations: [installation] })
  const [app] = only(facts, 'principal')
  assert.equal(app?.externalId, 'acme:app/sync')
  assert.equal(app.enabled, false)
  assert.deepEqual(
    only(facts, 'entitlement').map(({ permission, level, resources }) => [permission, level, resources[0]]),
    [
      ['contents: write', 'write', 'github://acme/*'],
      ['organization_administration: write', 'admin', 'github://acme/*'],
      ['metadata: read', 'read', 'github://acme/*'],
    ],
  )
})

test('a hook keeps its host and nothing else of its address', () => {
  const hook = {
    id: 3,
    active: true,
    events: ['push'],
    config: { url: 'https://u:pw-4711@hooks.example/services/T0/B0/Zq81xLmW', insecure_ssl: '1', secret: '********' },
    url: 'https://api.github.com/repos/acme/shop/hooks/3',
    ping_url: '',
  }
  const facts = offered([hook])
  assert.ok(!/Zq81xLmW|pw-4711/.test(asText(facts)))
  const [receiver] = only(facts, 'principal')
  assert.equal(receiver?.attributes?.['host'], 'hooks.example')
  assert.equal(receiver.attributes['insecureSsl'], true)
  assert.equal(only(facts, 'credential').length, 1)
})

test('the value in an alert or a token response leaves as a fingerprint only', () => {
  const secret = 'k9Qz27LmVb31XtRw85PdNc40HsJf66Yg'
  const alert = {
    number: 4,
    state: 'open',
    secret_type: 'acme_key',
    secret,
    validity: 'active',
    repository: { full_name: 'acme/shop' },
  }
  const token = `ghs_${'a1B2c3D4e5F6'.repeat(3)}`
  const facts = offered({
    alerts: [alert],
    minted: { token, expires_at: '2026-01-01T01:00:00Z', repository_selection: 'all' },
  })
  assert.ok(!asText(facts).includes(secret) && !asText(facts).includes(token))
  const [first, second] = only(facts, 'credential')
  assert.equal(first?.exposure, 'embedded')
  assert.equal(second?.rule, 'github-api-response')
  assert.equal(second.expiresAt, '2026-01-01T01:00:00.000Z')
  assert.equal(only(offered([{ ...alert, state: 'resolved', resolution: 'revoked' }]), 'credential')[0]?.enabled, false)
})

test('one bad record of a page is a problem with its line, the others are read', () => {
  const text =
    '{"total_count": 2, "runners": [\n 3,\n {"id": 1, "name": "r", "os": "linux", "labels": [], "status": "online"}\n]}'
  const facts = offer(github, 'runners.json', text)
  assert.equal(only(facts, 'problem')[0]?.startLine, 2)
  assert.equal(only(facts, 'principal')[0]?.externalId, 'runner/r')
})

test('what is no export gives nothing', () => {
  for (const value of [
    { total_count: 3, items: [{ name: 'x' }] },
    { permission: 'admin', read_only: true },
    { visibility: 'all', total_count: 'x' },
    { runners: null, total_count: 1 },
  ])
    assert.deepEqual(offered(value), [])
})

test('any value in any place is survived', () => {
  const odd: unknown[] = [null, 0, '', [], {}, true, 'ssh-rsa', { login: 3 }, [null]]
  for (const at of Object.keys(KEY)) for (const value of odd) offered([{ ...KEY, [at]: value }])
  const hook = { id: 3, active: true, events: [], config: { url: 'x' } }
  for (const at of Object.keys(hook)) for (const value of odd) offered([{ ...hook, [at]: value, ping_url: '' }])
})
