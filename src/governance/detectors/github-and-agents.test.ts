// The detectors for workflows, GitHub exports and agents, from the text of an input to the findings, look-alikes included.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectiveAccess } from '#access'
import { detectAll, estateInMemory } from '#governance'
import type { Finding } from '#governance'
import { assessOwners, classify, correlate } from '#identity'
import type { Classification } from '#identity'
import type { Fact, Id, Instant } from '#kernel'
import { agents } from '../../connectors/agents/agents.ts'
import { github } from '../../connectors/github/github.ts'
import { offer } from '../../connectors/offer-in-test.ts'

const OURS = /^(?:action|agent|app|default-token|deploy-key|mcp|runner|secret-alert|webhook|workflow)-/

function findings(path: string, text: string, firstPartyOwners: readonly string[] = []): Finding[] {
  const facts = [github, agents]
    .flatMap((connector) => offer(connector, path, text))
    .filter((one): one is Fact => one.type !== 'problem' && one.type !== 'blind_spot')
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
    settings: { rotateWithinDays: {}, firstPartyOwners, ownAccounts: [] },
  })
  return detectAll(estate).filter(({ detector }) => OURS.test(detector))
}
const short = (found: readonly Finding[]): string[] => found.map(({ severity, detector }) => `${severity} ${detector}`)

const PATH = '.github/workflows/a.yml'
/** One job; `top` stands above the jobs, `own` in the job. */
const job = (top: string, own: string, steps: string): string =>
  `on: push\n${top}jobs:\n  a:\n    runs-on: x\n${own}    steps:\n${steps}`
const uses = (what: string): string => `      - uses: ${what}\n`
const READS = 'permissions: { contents: read }\n'

test("a third party's movable action is as bad as what the job holds", () => {
  const run = (top: string, own: string, what: string): string[] => short(findings(PATH, job(top, own, uses(what))))
  assert.deepEqual(run(READS, '', 'acme/x@v1'), ['low action-unpinned'])
  assert.deepEqual(run('', '', 'acme/x@v1'), ['medium action-unpinned'])
  assert.deepEqual(run('permissions: { contents: write }\n', '', 'acme/x@main'), ['high action-unpinned'])
  assert.deepEqual(run('permissions: { id-token: write }\n', '', 'acme/x@v1'), ['high action-unpinned'])
  assert.deepEqual(run(READS, "    env: { T: '${{ secrets.T }}' }\n", 'acme/x@v1'), ['high action-unpinned'])
  assert.deepEqual(run(READS, '', 'docker://acme/x:1'), ['low action-unpinned'])
  for (const harmless of [`acme/x@${'a'.repeat(40)}`, 'actions/checkout@v4', 'github/codeql-action/init@v3', './x'])
    assert.deepEqual(run('', '', harmless), [], harmless)
})

test('own organisations are first party, whatever the case', () => {
  assert.deepEqual(findings(PATH, job(READS, '', uses('Acme/x@v1')), ['acme']), [])
})

test('one action in one job is one finding with every place', () => {
  const [finding, ...others] = findings(PATH, job(READS, '', uses('acme/x@v1') + uses('acme/x@v1')))
  assert.equal(others.length, 0)
  assert.deepEqual(
    finding?.locations.map(({ startLine }) => startLine),
    [7, 8],
  )
})

test('a composite action answers for what it runs', () => {
  const text = 'name: x\nruns:\n  using: composite\n  steps:\n    - uses: acme/y@v2\n'
  assert.deepEqual(short(findings('x/action.yml', text)), ['medium action-unpinned'])
})

test('one line that gives every right is one finding, however many jobs share it', () => {
  const two =
    'on: push\npermissions: write-all\njobs:\n  a: { runs-on: x, steps: [] }\n  b: { runs-on: x, steps: [] }\n'
  const [finding, ...others] = findings(PATH, two)
  assert.equal(others.length, 0)
  assert.equal(finding?.subject.externalId, `${PATH}#a`)
  assert.equal(finding.locations[0]?.startLine, 2)
  assert.equal(findings(PATH, two.replace('a: {', 'a: { permissions: {},')).length, 1)
  assert.deepEqual(findings(PATH, two.replace('write-all', 'read-all')), [])
  assert.deepEqual(short(findings(PATH, two.replace('on: push', 'on: issue_comment'))), [
    'critical workflow-token-write-all',
  ])
})

const TARGET = 'on: pull_request_target\n'
const HEAD = '      - uses: actions/checkout@v4\n        with: { ref: "${{ github.event.pull_request.head.sha }}" }\n'
const onTarget = (top: string, own: string, steps = HEAD): string[] =>
  short(findings(PATH, job(top, own, steps).replace('on: push\n', TARGET)))

test('the code of a pull request is dangerous where the job holds something', () => {
  assert.deepEqual(onTarget('permissions: { contents: write }\n', ''), ['critical workflow-pull-request-target'])
  assert.deepEqual(onTarget(READS, "    env: { T: '${{ secrets.T }}' }\n"), ['critical workflow-pull-request-target'])
  assert.deepEqual(onTarget('', ''), ['high workflow-pull-request-target'])
  assert.deepEqual(onTarget(READS, ''), [], 'nothing to gain')
  assert.deepEqual(
    onTarget('permissions: { contents: write }\n', '', uses('actions/checkout@v4')),
    [],
    'the base is checked out',
  )
  assert.deepEqual(
    onTarget('', '    if: github.event.pull_request.head.repo.full_name == github.repository\n'),
    [],
    'strangers are kept out',
  )
  assert.deepEqual(short(findings(PATH, job('', '', HEAD).replace('on: push', 'on: pull_request'))), [])
})

test("a stranger's text in a script is found on triggers of strangers only", () => {
  const script = '      - run: echo "${{ github.event.issue.title }}"\n'
  const on = (trigger: string, top: string): string[] =>
    short(findings(PATH, job(top, '', script).replace('on: push', `on: ${trigger}`)))
  assert.deepEqual(on('issues', 'permissions: { issues: write }\n'), ['critical workflow-script-injection'])
  assert.deepEqual(on('issues', ''), ['high workflow-script-injection'])
  assert.deepEqual(on('issues', 'permissions: {}\n'), ['low workflow-script-injection'])
  assert.deepEqual(on('push', ''), [])
})

test('a stored cloud key is one finding for each cloud', () => {
  const login = (inputs: string, own = ''): Finding[] =>
    findings(
      PATH,
      job(
        READS,
        own,
        `${uses(`aws-actions/configure-aws-credentials@${'a'.repeat(40)}`)}        with: { ${inputs} }\n`,
      ),
    )
  const key = "aws-access-key-id: '${{ secrets.K }}', aws-secret-access-key: '${{ secrets.S }}'"
  assert.deepEqual(short(login(key)), ['medium workflow-static-cloud-key'])
  assert.deepEqual(short(login(key, '    environment: production\n')), ['high workflow-static-cloud-key'])
  assert.deepEqual(login(key)[0]?.locations[0]?.startLine, 8)
  assert.deepEqual(login('role-to-assume: arn:aws:iam::111122223333:role/x'), [])
})

test('handing out all secrets is found, handing them to oneself is not', () => {
  const call = (what: string): string[] =>
    short(findings(PATH, `on: push\n${READS}jobs:\n  a:\n    uses: ${what}\n    secrets: inherit\n`))
  assert.deepEqual(call(`acme/x/.github/workflows/y.yml@${'a'.repeat(40)}`), ['high workflow-secrets-exposed'])
  assert.deepEqual(call('./.github/workflows/y.yml'), [])
  assert.deepEqual(
    short(findings(PATH, job(READS, '', "      - run: x\n        env: { A: '${{ toJSON(secrets) }}' }\n"))),
    ['high workflow-secrets-exposed'],
  )
})

const exported = (path: string, value: unknown): string[] =>
  short(findings('x.json', JSON.stringify({ [path]: value })))

test('a default that writes is found where it is set', () => {
  const at = (level: string, approves: boolean): string[] =>
    exported('/orgs/acme/actions/permissions/workflow', {
      default_workflow_permissions: level,
      can_approve_pull_request_reviews: approves,
    })
  assert.deepEqual(at('write', false), ['medium default-token-write'])
  assert.deepEqual(at('write', true), ['high default-token-write'])
  assert.deepEqual(at('read', true), [])
})

test('a deploy key that pushes is found, the more when it lies idle', () => {
  const key = (more: object): string[] =>
    exported('/repos/acme/shop/keys', [{ id: 1, key: 'ssh-rsa AAAA', title: 't', read_only: false, ...more }])
  assert.deepEqual(key({}), ['medium deploy-key-writable'])
  assert.deepEqual(key({ last_used: '2026-11-20T00:00:00Z' }), ['medium deploy-key-writable'])
  assert.deepEqual(key({ last_used: '2026-01-20T00:00:00Z' }), ['high deploy-key-writable'])
  assert.deepEqual(key({ read_only: true }), [])
  assert.deepEqual(key({ enabled: false }), [])
})

test('a hook is judged by its link and its secret', () => {
  const hook = (config: object, active = true): string[] =>
    exported('/repos/acme/shop/hooks', [{ id: 1, active, events: [], ping_url: '', config }])
  const secret = '********'
  assert.deepEqual(hook({ url: 'https://h.example', insecure_ssl: '0', secret }), [])
  assert.deepEqual(hook({ url: 'https://h.example', insecure_ssl: '1', secret }), ['high webhook-insecure'])
  assert.deepEqual(hook({ url: 'http://h.example', secret }), ['high webhook-insecure'])
  assert.deepEqual(hook({ url: 'https://h.example' }), ['medium webhook-insecure'])
  assert.deepEqual(hook({ url: 'http://h.example' }, false), [])
})

test('an app is too broad by what it writes and where', () => {
  const app = (permissions: object, repositories = 'all', more: object = {}): string[] =>
    exported('/orgs/acme/installations', [
      {
        app_id: 1,
        app_slug: 'a',
        account: { login: 'acme' },
        repository_selection: repositories,
        permissions,
        ...more,
      },
    ])
  assert.deepEqual(app({ organization_administration: 'write' }, 'selected'), ['critical app-broad-permissions'])
  assert.deepEqual(app({ members: 'write' }, 'selected'), ['high app-broad-permissions'])
  assert.deepEqual(app({ administration: 'write' }), ['high app-broad-permissions'])
  assert.deepEqual(app({ contents: 'write' }), ['medium app-broad-permissions'])
  assert.deepEqual(app({ contents: 'write' }, 'selected'), [])
  assert.deepEqual(app({ contents: 'read', members: 'read', issues: 'write' }), [])
  assert.deepEqual(app({ contents: 'write' }, 'all', { suspended_at: '2026-01-01T00:00:00Z' }), [])
})

test('a runner is found by its group', () => {
  const runners = (group: object, runner: object = {}): string[] =>
    short(
      findings(
        'x.json',
        JSON.stringify({
          '/orgs/acme/actions/runner-groups': [{ id: 3, name: 'g', allows_public_repositories: true, ...group }],
          '/orgs/acme/actions/runners': [{ id: 1, name: 'r', os: 'linux', labels: [], runner_group_id: 3, ...runner }],
        }),
      ),
    )
  assert.deepEqual(runners({}), ['high runner-self-hosted-public'])
  assert.deepEqual(runners({}, { ephemeral: true }), ['medium runner-self-hosted-public'])
  assert.deepEqual(runners({ allows_public_repositories: false }), [])
  assert.deepEqual(runners({ restricted_to_workflows: true }), [])
  assert.deepEqual(runners({}, { runner_group_id: 4 }), [])
})

test('an open alert without its secret is found, a closed one is not', () => {
  const alert = (more: object): string[] =>
    exported('/repos/acme/shop/secret-scanning/alerts', [{ number: 1, state: 'open', secret_type: 'k', ...more }])
  assert.deepEqual(alert({}), ['high secret-alert-open'])
  assert.deepEqual(alert({ validity: 'active' }), ['critical secret-alert-open'])
  assert.deepEqual(alert({ state: 'resolved' }), [])
  assert.deepEqual(alert({ validity: 'inactive' }), [])
})

const server = (value: object, owners: readonly string[] = []): string[] =>
  short(findings('.mcp.json', JSON.stringify({ mcpServers: { s: value } }), owners))

test('a server is unpinned by what it fetches, and worse by what it is given', () => {
  assert.deepEqual(server({ command: 'npx', args: ['-y', '@a/b'] }), ['medium mcp-server-unpinned'])
  assert.deepEqual(server({ command: 'npx', args: ['-y', '@a/b'], env: { B_TOKEN: '${T}' } }), [
    'high mcp-server-unpinned',
  ])
  assert.deepEqual(server({ command: 'npx', args: ['-y', '@a/b'], autoApprove: ['read'] }), [
    'high mcp-server-unpinned',
  ])
  assert.deepEqual(server({ command: 'docker', args: ['run', '-i', 'a/b:1.2.3'] }), ['low mcp-server-unpinned'])
  for (const harmless of [
    { command: 'npx', args: ['-y', '@a/b@1.2.3'] },
    { command: 'docker', args: ['run', '-i', 'my-own-image'] },
    { command: 'node', args: ['server.js'] },
    { url: 'https://h.example/mcp' },
    { command: 'npx', args: ['-y', '@a/b'], disabled: true },
  ])
    assert.deepEqual(server(harmless), [], JSON.stringify(harmless))
  assert.deepEqual(server({ command: 'npx', args: ['-y', '@acme/b'] }, ['acme']), [])
})

test('reach is found for whole homes, engines and shells that ask nobody', () => {
  const pinned = { command: 'npx', args: ['-y', 'fs@1.0.0', '/Users/ana'] }
  assert.deepEqual(server(pinned), ['high agent-broad-reach'])
  assert.deepEqual(server({ ...pinned, args: ['-y', 'fs@1.0.0', '/Users/ana/src'] }), [])
  assert.deepEqual(server({ ...pinned, disabled: true }), [])
  const shell = { command: 'npx', args: ['-y', '@wonderwhy-er/desktop-commander@1.0.0'] }
  assert.deepEqual(server(shell), [])
  assert.deepEqual(server({ ...shell, alwaysAllow: ['execute_command'] }), ['critical agent-broad-reach'])
  const image = `a/b@sha256:${'c'.repeat(64)}`
  assert.deepEqual(server({ command: 'docker', args: ['run', '-v', '/var/run/docker.sock:/s', image] }), [
    'high agent-broad-reach',
  ])
})

test('a link without TLS is found unless it stays on the machine', () => {
  assert.deepEqual(server({ url: 'http://h.example/mcp' }), ['medium agent-unauthenticated'])
  assert.deepEqual(server({ url: 'http://h.example/mcp', headers: { Authorization: 'Bearer ${T}' } }), [
    'high agent-unauthenticated',
  ])
  assert.deepEqual(server({ url: 'http://localhost:3000/mcp' }), [])
  assert.deepEqual(server({ url: 'https://h.example/mcp' }), [])
})

test('a card that asks for nothing is found, one that only offers is not', () => {
  const card = (more: object): string[] =>
    short(
      findings(
        'agent.json',
        JSON.stringify({ name: 'A', url: 'https://h.example', capabilities: {}, skills: [], ...more }),
      ),
    )
  assert.deepEqual(card({}), ['high agent-unauthenticated'])
  assert.deepEqual(card({ url: 'http://localhost:1/' }), [])
  assert.deepEqual(card({ securitySchemes: { a: { type: 'http' } } }), [])
})
