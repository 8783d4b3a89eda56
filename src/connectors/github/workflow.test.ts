import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PrincipalFact } from '#kernel'
import { untrustedFile } from '../input/untrusted-file.ts'
import { asText, offer, only } from '../offer-in-test.ts'
import { fixedContext } from '../read/offer-text.ts'
import { github } from './github.ts'

const PATH = '.github/workflows/a.yml'
const workflow = (text: string, path = PATH): ReturnType<typeof offer> => offer(github, path, text)

function jobIn(text: string): PrincipalFact {
  const job = only(workflow(text), 'principal').find(({ nativeType }) => nativeType === 'workflow-job')
  assert.ok(job !== undefined, 'no job was read')
  return job
}
const attribute = (text: string, name: string): unknown => jobIn(text).attributes?.[name]

const STEPS = 'runs-on: ubuntu-latest\n    steps: [{ run: make }]\n'

test('a job is known by its path and its repository', () => {
  const text = `on: push\njobs:\n  a:\n    ${STEPS}`
  assert.equal(jobIn(text).externalId, '.github/workflows/a.yml#a')
  const file = untrustedFile(
    { path: `x/${PATH}`, origin: 'tree', repository: 'acme/shop', repositoryPath: PATH },
    Buffer.from(text),
  )
  const [job] = only([...github.discover(file, fixedContext())], 'principal')
  assert.equal(job?.externalId, 'acme/shop:.github/workflows/a.yml#a')
  assert.equal(job?.ref, 'github:acme/shop:.github/workflows/a.yml#a')
  const below = { path: 'workflows/a.yml', origin: 'tree', repository: 'acme/shop', repositoryPath: PATH } as const
  const [same] = only([...github.discover(untrustedFile(below, Buffer.from(text)), fixedContext())], 'principal')
  assert.equal(same?.externalId, job.externalId, 'whatever part of the repository is scanned')
  assert.equal(job?.provenance.startLine, 3)
})

test('a `.github` below the top of a repository is not that repository', () => {
  const inner = `samples/shop/${PATH}`
  const file = untrustedFile(
    { path: `x/${inner}`, origin: 'tree', repository: 'acme/reeve', repositoryPath: inner },
    Buffer.from(`on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{ uses: ./tools/say }]\n`),
  )
  const facts = [...github.discover(file, fixedContext())]
  assert.equal(only(facts, 'principal')[0]?.externalId, `x/${inner}#a`)
  assert.equal(only(facts, 'relation')[0]?.attributes?.['action'], 'x/samples/shop/tools/say')
})

test('a workflow is recognised by what it holds, wherever it lies, and nothing else is taken for one', () => {
  assert.equal(only(workflow(`on: push\njobs:\n  a:\n    ${STEPS}`, 'ci/x.yaml'), 'principal').length, 1)
  assert.equal(only(workflow(`"on": push\njobs:\n  a:\n    ${STEPS}`, 'ci/x.yaml'), 'principal').length, 1)
  assert.deepEqual(workflow('on: true\njobs: 3\n', 'a/b.yml'), [])
  assert.deepEqual(workflow('services:\n  on: 1\n', 'docker-compose.yml'), [])
  assert.equal(only(workflow('name: x\n'), 'problem').length, 1)
})

test('`on` is read under YAML 1.1 as well, where it means true', () => {
  assert.deepEqual(attribute(`%YAML 1.1\n---\non: [push, issues]\njobs:\n  a:\n    ${STEPS}`, 'triggers'), [
    'push',
    'issues',
  ])
})

test("a job's own permissions replace the workflow's, and nothing stated is unknown", () => {
  const rights = (top: string, own: string): readonly unknown[] => {
    const job = jobIn(`on: push\n${top}jobs:\n  a:\n    ${own}${STEPS}`)
    return [job.attributes?.['permissions'], job.attributes?.['permissionsSource'], job.attributes?.['writes']]
  }
  assert.deepEqual(rights('', ''), ['default', 'default', []])
  assert.deepEqual(rights('permissions: write-all\n', ''), ['write-all', 'workflow', ['*']])
  assert.deepEqual(rights('permissions: write-all\n', 'permissions: read-all\n    '), ['read-all', 'job', []])
  assert.deepEqual(rights('permissions: write-all\n', 'permissions: {}\n    '), [{}, 'job', []])
  assert.deepEqual(rights('permissions:\n', ''), [{}, 'workflow', []])
  assert.deepEqual(rights('permissions: { contents: write, id-token: write, issues: none }\n', ''), [
    { contents: 'write', 'id-token': 'write', issues: 'none' },
    'workflow',
    ['contents'],
  ])
  assert.deepEqual(rights('permissions: [contents]\n', ''), [{}, 'workflow', []])
})

test('each permission is an entitlement on the repository; an OIDC token is no right at GitHub', () => {
  const facts = workflow(
    `on: push\npermissions: { contents: write, id-token: write, packages: none }\njobs:\n  a:\n    ${STEPS}`,
  )
  assert.deepEqual(
    only(facts, 'entitlement').map(({ actions, level, resources }) => [actions[0], level, resources[0]]),
    [
      ['github:contents:write', 'write', 'github://<unknown>'],
      ['github:id-token:write', 'unknown', 'github://<unknown>'],
    ],
  )
})

test('secrets are found in expressions only, by every spelling, and the token is not one', () => {
  const text = `on: push
env: { A: '\${{ secrets.top }}' }
jobs:
  a:
    runs-on: x
    steps:
      - run: cat secrets.yaml secrets.NOT \${{ secrets['IN_BRACKETS'] || secrets . SPACED }}
        env: { T: '\${{ secrets.GITHUB_TOKEN }}', U: 'x-\${{ format(secrets.Lower) }}' }
`
  assert.deepEqual(attribute(text, 'secrets'), ['IN_BRACKETS', 'LOWER', 'SPACED', 'TOP'])
  assert.equal(only(workflow(text), 'consumer').length, 4)
})

test('secrets of one name in two repositories of unknown name stay apart', () => {
  const text = `on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{ run: 'x \${{ secrets.T }}' }]\n`
  const refOf = (path: string): unknown =>
    only(workflow(text, path), 'credential').find(({ name }) => name === 'T')?.ref
  assert.notEqual(refOf('one/.github/workflows/a.yml'), refOf('two/.github/workflows/a.yml'))
  assert.equal(refOf('one/.github/workflows/a.yml'), refOf('one/.github/workflows/b.yml'))
})

test('every form of `uses` is told apart', () => {
  const uses = (what: string): Record<string, unknown> | undefined =>
    only(workflow(`on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{ uses: '${what}' }]\n`), 'relation')[0]
      ?.attributes
  const hash = 'a'.repeat(40)
  assert.equal(uses('actions/checkout@v4')?.['pinned'], false)
  assert.equal(uses(`acme/x/sub@${hash}`)?.['pinned'], true)
  assert.equal(uses(`acme/x/sub@${hash}`)?.['action'], 'acme/x/sub')
  assert.equal(uses(`acme/x@${hash.slice(1)}`)?.['pinned'], false, 'a shortened hash can be a branch')
  assert.equal(uses('docker://alpine:3.20')?.['pinned'], false)
  assert.equal(uses(`docker://alpine@sha256:${'b'.repeat(64)}`)?.['pinned'], true)
  assert.equal(uses('./.github/actions/x')?.['local'], true)
  assert.equal(uses('./.github/actions/x')?.['thirdParty'], false)
  assert.equal(uses('acme/x/.github/workflows/y.yml@main')?.['reusableWorkflow'], true)
  assert.equal(uses('${{ matrix.action }}'), undefined)
  assert.equal(uses('no-version/here'), undefined)
})

test('a local action and its definition are one principal', () => {
  const call = workflow(
    'on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{ uses: ./tools/say }]\n',
    'r/.github/workflows/a.yml',
  )
  const definition = offer(github, 'r/tools/say/action.yml', 'name: Say\nruns: { using: composite, steps: [] }\n')
  assert.equal(only(call, 'relation')[0]?.to, only(definition, 'principal')[0]?.ref)
  assert.equal(only(definition, 'principal')[0]?.mentioned, undefined)
})

const login = (action: string, inputs: string, env = ''): string =>
  `on: push\n${env}jobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: ${action}\n        with: { ${inputs} }\n`

test('a role is federated to only when it is spelled out and no key stands beside it', () => {
  const role = 'arn:aws:iam::111122223333:role/ci/deploy'
  const targets = (text: string): unknown[] =>
    only(workflow(text), 'relation')
      .filter(({ relation }) => relation === 'federates_to')
      .map(({ to }) => to)
  const aws = 'aws-actions/configure-aws-credentials@v4'
  assert.deepEqual(targets(login(aws, `role-to-assume: '${role}'`)), [`aws:${role}`])
  assert.deepEqual(targets(login(aws, `role-to-assume: '\${{ env.ROLE }}'`, `env: { ROLE: '${role}' }\n`)), [
    `aws:${role}`,
  ])
  assert.deepEqual(targets(login(aws, "role-to-assume: '${{ secrets.ROLE }}'")), [])
  assert.deepEqual(targets(login(aws, `role-to-assume: '${role}', aws-access-key-id: '\${{ secrets.K }}'`)), [])
  assert.deepEqual(
    targets(
      login(
        'google-github-actions/auth@v2',
        'workload_identity_provider: projects/1, service_account: a@b.iam.gserviceaccount.com',
      ),
    ),
    ['gcp:a@b.iam.gserviceaccount.com'],
  )
  const client = '0b6f1c3a-1111-2222-3333-444455556666'
  assert.deepEqual(targets(login('Azure/login@v2', `client-id: ${client}`)), [`entra:sp-app/${client}`])
})

test('a stored cloud key is told from a temporary one', () => {
  const keys = (text: string): number => (attribute(text, 'staticCloudKeys') as unknown[]).length
  const aws = 'aws-actions/configure-aws-credentials@v4'
  assert.equal(keys(login(aws, "aws-access-key-id: '${{ secrets.K }}'")), 1)
  assert.equal(keys(login(aws, "aws-access-key-id: '${{ steps.x.outputs.id }}'")), 0)
  assert.equal(keys(login('google-github-actions/auth@v2', "credentials_json: '${{ secrets.K }}'")), 1)
  assert.equal(keys(login('azure/login@v2', "creds: '${{ secrets.K }}'")), 1)
  const variables = (env: string): string => `on: push\nenv: { ${env} }\njobs:\n  a:\n    ${STEPS}`
  assert.equal(keys(variables("AWS_SECRET_ACCESS_KEY: '${{ secrets.S }}'")), 1)
  assert.equal(keys(variables("AWS_SECRET_ACCESS_KEY: '${{ secrets.S }}', AWS_SESSION_TOKEN: x")), 0)
})

test('a job that is no map costs itself only', () => {
  const facts = workflow(`on: push\njobs:\n  a: 3\n  b:\n    ${STEPS}`)
  assert.equal(only(facts, 'problem')[0]?.startLine, 3)
  assert.equal(only(facts, 'principal').length, 1)
})

test('hostile workflows are read without a throw and without delay', () => {
  const long = '${{'.repeat(350_000)
  const started = process.cpuUsage().user / 1000
  workflow(
    `on: issues\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: "${long}"\n      - run: "${'github.event.issue.title '.repeat(40_000)}"\n      - uses: "${'a/'.repeat(500_000)}"\n`,
  )
  assert.ok(process.cpuUsage().user / 1000 - started < 2000)
  const odd = workflow(
    'on: {__proto__: 1}\njobs:\n  __proto__: {runs-on: x, steps: [1, null, [], {uses: [], run: {}}], permissions: 4, env: [1], environment: []}\n',
  )
  assert.equal(only(odd, 'problem').length, 0)
  assert.equal(only(odd, 'principal').length, 1)
})

test('a value that an author wrote in the place of a secret does not leave', () => {
  const facts = workflow(login('aws-actions/configure-aws-credentials@v4', 'aws-access-key-id: AKIAQ5RT7WYX2BDHMNPL'))
  assert.ok(!asText(facts).includes('AKIAQ5RT7WYX2BDHMNPL'))
  assert.ok(asText(facts).includes('"secret":"literal"'))
})
