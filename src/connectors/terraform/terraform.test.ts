// Terraform state of every version: identities by their own identifiers, secrets found and never shown.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asText, fingerprintInTest, offer, only } from '../offer-in-test.ts'
import { terraform } from './terraform.ts'

const SECRET = 'w7Rk2pXq9Lm4Tz8vB1Nc5Yd3Hs6Gf0Ja4Ue8Io2K'
const KEY_ID = 'AKIAZ7QWXKPLMNBVCXZA'
const USER = 'arn:aws:iam::111122223333:user/ci/deployer'

interface Resource {
  readonly type: string
  readonly name?: string
  readonly module?: string
  readonly mode?: string
  readonly attributes: object
  readonly sensitive?: readonly string[]
}

function v4(resources: readonly Resource[], outputs: object = {}): string {
  const written = resources.map(({ type, name = 'this', module, mode = 'managed', attributes, sensitive = [] }) => ({
    ...(module === undefined ? {} : { module }),
    mode,
    type,
    name,
    instances: [{ attributes, sensitive_attributes: sensitive.map((value) => [{ type: 'get_attr', value }]) }],
  }))
  return JSON.stringify({ version: 4, terraform_version: '1.9.0', outputs, resources: written }, null, 1)
}
const read = (resources: readonly Resource[], outputs?: object) =>
  offer(terraform, 'infra/terraform.tfstate', v4(resources, outputs))

const user: Resource = {
  type: 'aws_iam_user',
  name: 'deployer',
  attributes: { arn: USER, name: 'deployer', tags: { owner: 'platform' }, permissions_boundary: '' },
}

test('an access key is the key of its user, by ARN, and its secret is only fingerprinted', () => {
  const facts = read([
    user,
    {
      type: 'aws_iam_access_key',
      name: 'ci',
      attributes: { id: KEY_ID, user: 'deployer', secret: SECRET, status: 'Active' },
    },
  ])
  assert.equal(only(facts, 'principal')[0]?.externalId, USER)
  assert.equal(only(facts, 'principal')[0]?.ownerHints?.[0]?.who, 'platform')
  const [key] = only(facts, 'credential')
  assert.equal(key?.ref, `aws:access-key/${KEY_ID}`)
  assert.equal(key?.principal, `aws:${USER}`)
  assert.equal(key?.name, 'aws_iam_access_key.ci.secret')
  assert.equal(key?.exposure, 'embedded')
  assert.equal(key?.fingerprint, fingerprintInTest(SECRET))
  assert.ok((key?.provenance.startLine ?? 0) > 20)
  assert.ok(!asText(facts).includes(SECRET))
})

test('a user of another state is found by the account in the key id, else only mentioned', () => {
  const [mention] = only(
    read([{ type: 'aws_iam_access_key', attributes: { id: KEY_ID, user: 'elsewhere', secret: null } }]),
    'principal',
  )
  assert.match(mention?.externalId ?? '', /^arn:aws:iam::\d{12}:user\/elsewhere$/)
  assert.equal(mention?.mentioned, true)
  const policy = { user: 'elsewhere', name: 'p', policy: '{"Statement":[]}' }
  const [unknown] = only(read([{ type: 'aws_iam_user_policy', attributes: policy }]), 'principal')
  assert.equal(unknown?.ref, 'terraform[infra/terraform.tfstate]:aws_iam_user/elsewhere')
})

test('policies, attachments, boundaries, groups and trust', () => {
  const allow = JSON.stringify({
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  })
  const role = { arn: 'arn:aws:iam::111122223333:role/app', name: 'app', assume_role_policy: allow }
  const boundary = 'arn:aws:iam::111122223333:policy/edge'
  const facts = read([
    {
      type: 'aws_iam_role',
      attributes: {
        ...role,
        permissions_boundary: boundary,
        managed_policy_arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      },
    },
    { type: 'aws_iam_role_policy', attributes: { role: 'app', name: 'inline', policy: '{"Statement":[]}' } },
    { type: 'aws_iam_policy', attributes: { arn: boundary, name: 'edge', policy: '{"Statement":[]}' } },
    { type: 'aws_iam_role_policy', attributes: { role: 'app', name: 'broken', policy: 'no' } },
    { type: 'aws_iam_group', attributes: { arn: 'arn:aws:iam::111122223333:group/g', name: 'g' } },
    user,
    { type: 'aws_iam_user_group_membership', attributes: { user: 'deployer', groups: ['g'] } },
  ])
  assert.deepEqual(
    only(facts, 'attachment').map(({ policy, as }) => [policy, as]),
    [
      [`aws:${boundary}`, 'boundary'],
      ['aws:arn:aws:iam::aws:policy/ReadOnlyAccess', 'identity'],
      [`aws:${role.arn}/inline-policy/inline`, 'identity'],
    ],
  )
  assert.equal(only(facts, 'policy').length, 2)
  assert.equal(only(facts, 'problem').length, 1)
  assert.equal(only(facts, 'relation')[0]?.to, `aws:${role.arn}`)
  assert.equal(only(facts, 'membership')[0]?.group, 'aws:arn:aws:iam::111122223333:group/g')
})

test('version 3 has flat attributes', () => {
  const state = {
    version: 3,
    terraform_version: '0.11.14',
    modules: [
      {
        path: ['root', 'net'],
        outputs: { db: { sensitive: true, type: 'string', value: `${SECRET}3` } },
        resources: {
          'aws_iam_user.deployer': {
            type: 'aws_iam_user',
            primary: {
              id: 'deployer',
              attributes: { arn: USER, name: 'deployer', 'tags.%': '1', 'tags.owner': 'data' },
            },
          },
          'aws_iam_access_key.k.1': {
            type: 'aws_iam_access_key',
            primary: { id: KEY_ID, attributes: { id: KEY_ID, secret: SECRET, user: 'deployer' } },
          },
          'aws_iam_group_membership.m': {
            type: 'aws_iam_group_membership',
            primary: { attributes: { group: 'g', 'users.#': '1', 'users.2231': 'deployer' } },
          },
          bad: 7,
        },
      },
    ],
  }
  const facts = offer(terraform, 'old.tfstate', JSON.stringify(state))
  assert.equal(only(facts, 'principal')[0]?.ownerHints?.[0]?.who, 'data')
  assert.deepEqual(
    only(facts, 'credential').map(({ name, principal }) => [name, principal]),
    [
      ['module.net.aws_iam_access_key.k[1].secret', `aws:${USER}`],
      ['output.db', undefined],
    ],
  )
  assert.equal(only(facts, 'membership')[0]?.member, `aws:${USER}`)
  assert.equal(only(facts, 'problem').length, 1)
})

test('the output of terraform show is read alike', () => {
  const shown = {
    format_version: '1.0',
    terraform_version: '1.9.0',
    values: {
      outputs: { token: { sensitive: true, value: SECRET } },
      root_module: {
        child_modules: [
          {
            resources: [
              {
                address: 'module.db.aws_db_instance.claims',
                type: 'aws_db_instance',
                name: 'claims',
                values: { password: `${SECRET}x`, username: 'claims' },
              },
            ],
          },
        ],
      },
    },
  }
  const facts = offer(terraform, 'state.json', JSON.stringify(shown))
  assert.deepEqual(
    only(facts, 'credential').map(({ name }) => name),
    ['module.db.aws_db_instance.claims.password', 'output.token'],
  )
})

test('secrets are found where a type, a mark or a name says so; references and look-alikes are not', () => {
  const facts = read(
    [
      {
        type: 'random_password',
        attributes: { result: SECRET, length: 40, bcrypt_hash: '$2a$10$abcdefghijklmnopqrstuv' },
      },
      { type: 'custom_thing', attributes: { blob: `${SECRET}1`, host: 'db.larkfield.example' }, sensitive: ['blob'] },
      {
        type: 'aws_ecs_task_definition',
        attributes: {
          container_definitions: JSON.stringify([
            {
              environment: [
                { name: 'API_TOKEN', value: `${SECRET}2` },
                { name: 'MODE', value: 'x' },
              ],
            },
          ]),
        },
      },
      {
        type: 'kubernetes_secret',
        attributes: { metadata: [{ name: 'db', namespace: 'data' }], data: { any: `${SECRET}4` } },
      },
      {
        type: 'aws_lambda_function',
        attributes: {
          environment: [
            {
              variables: {
                DB_URL: `postgres://u:${SECRET}5@db/x`,
                SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:x',
              },
            },
          ],
        },
      },
      {
        type: 'aws_db_instance',
        attributes: {
          password: null,
          master_user_secret: [{ secret_arn: 'arn:aws:secretsmanager:x' }],
          token: '(sensitive value)',
        },
      },
      {
        type: 'aws_iam_account_password_policy',
        attributes: { password_reuse_prevention: 24, minimum_password_length: 14 },
      },
    ],
    { endpoint: { value: 'https://db.larkfield.example' }, api_key: { value: `${SECRET}6` } },
  )
  assert.deepEqual(
    only(facts, 'credential')
      .filter(({ exposure }) => exposure === 'embedded')
      .map(({ name }) => name),
    [
      'random_password.this.result',
      'custom_thing.this.blob',
      'aws_ecs_task_definition.this.container_definitions.0.environment.0.value',
      'kubernetes_secret.this.data.any',
      'aws_lambda_function.this.environment.0.variables.DB_URL',
      'output.api_key',
    ],
  )
  assert.ok(!asText(facts).includes(SECRET))
})

test('Google, Entra, GitHub and Kubernetes identities use the spelling of their own connectors', () => {
  const facts = read([
    { type: 'google_service_account', attributes: { email: 'etl@larkfield.iam.gserviceaccount.com' } },
    {
      type: 'google_service_account_key',
      attributes: {
        name: 'projects/l/serviceAccounts/etl@larkfield.iam.gserviceaccount.com/keys/0123456789abcdef0123',
        private_key: Buffer.from(SECRET).toString('base64'),
        valid_after: '2024-01-01T00:00:00Z',
        valid_before: '9999-12-31T23:59:59Z',
      },
    },
    {
      type: 'azuread_application',
      attributes: {
        client_id: 'c0ffee00-0000-4000-8000-000000000001',
        object_id: 'c0ffee00-0000-4000-8000-000000000002',
        display_name: 'claims',
      },
    },
    {
      type: 'azuread_application_password',
      attributes: {
        application_id: '/applications/c0ffee00-0000-4000-8000-000000000002',
        key_id: 'c0ffee00-0000-4000-8000-000000000003',
        value: SECRET,
        end_date: '2030-01-01T00:00:00Z',
      },
    },
    { type: 'github_membership', attributes: { id: 'larkfield:treyl', username: 'treyl', role: 'admin' } },
    { type: 'kubernetes_service_account', attributes: { metadata: [{ name: 'api', namespace: 'payments' }] } },
  ])
  const refs = only(facts, 'principal').map(({ ref }) => ref)
  for (const expected of [
    'gcp:etl@larkfield.iam.gserviceaccount.com',
    'entra:app/c0ffee00-0000-4000-8000-000000000001',
    'github:user/treyl',
    'kubernetes:system:serviceaccount:payments:api',
  ])
    assert.ok(
      refs.some((one) => one === expected),
      expected,
    )
  const [google, azure] = only(facts, 'credential')
  assert.equal(google?.principal, 'gcp:etl@larkfield.iam.gserviceaccount.com')
  assert.equal(google?.expiresAt, undefined)
  assert.equal(azure?.ref, 'entra:key/c0ffee00-0000-4000-8000-000000000003')
  assert.equal(azure?.principal, 'entra:app/c0ffee00-0000-4000-8000-000000000001')
  assert.equal(azure?.expiresAt, '2030-01-01T00:00:00.000Z')
})

test('damaged, encrypted, empty and hostile states', () => {
  assert.equal(only(offer(terraform, 'a.tfstate', '{"version":4,"resources":[{'), 'problem').length, 1)
  assert.equal(only(offer(terraform, 'a.tfstate', 'terraform {'), 'problem').length, 1)
  assert.equal(only(offer(terraform, 'a.tfstate', '{"encrypted_data":"x","meta":{}}'), 'blind_spot').length, 1)
  assert.equal(offer(terraform, 'a.tfstate', '{"version":4}').length, 0)
  assert.equal(offer(terraform, 'a.tfstate', '').length, 0)
  for (const odd of [
    '{"version":4,"resources":[1,null,{"type":"aws_iam_user"},{"type":"x","name":"y","instances":[1,{"attributes":[]}]}]}',
    '{"version":4,"resources":[{"type":"__proto__","name":"y","instances":[{"attributes":{"__proto__":{"password":"x"},"arn":7}}]}],"outputs":[1]}',
    '{"version":3,"modules":[null,{"resources":{"a":{"type":"aws_iam_user","primary":{"attributes":{"arn":[],"tags.%":{}}}}}}]}',
    `{"version":4,"resources":[{"type":"aws_iam_role","name":"y","instances":[{"attributes":{"arn":"${USER.replace('user', 'role')}","assume_role_policy":"{\\"Statement\\":[{\\"Effect\\":\\"Allow\\",\\"Principal\\":7,\\"Action\\":[null]}]}"}}]}]}`,
  ])
    assert.ok(!asText(offer(terraform, 'a.tfstate', odd)).includes('could not read this file'), odd)
})

const FIXTURES = '../shared/fixtures/tfstate'
test('every user, role and key of real states is there', { skip: !existsSync(FIXTURES) && 'no fixtures' }, () => {
  for (const name of readdirSync(FIXTURES)) {
    const text = readFileSync(join(FIXTURES, name), 'utf8')
    const facts = offer(terraform, name, text)
    assert.deepEqual(only(facts, 'problem'), [], name)
    const externalIds = new Set(only(facts, 'principal').map(({ externalId }) => externalId))
    for (const [, arn = ''] of text.matchAll(/"arn": "(arn:aws:iam::\d+:(?:user|role)\/[^"]+)"/g))
      assert.ok(externalIds.has(arn), `${name}: ${arn}`)
    const refs = new Set(only(facts, 'credential').map((fact) => fact.ref))
    for (const [, id = ''] of text.matchAll(/"id": "(AKIA[A-Z0-9]{16})"/g))
      assert.ok(
        [...refs].some((one) => one === `aws:access-key/${id}`),
        `${name}: ${id}`,
      )
    for (const [, secret = ''] of text.matchAll(/"(?:secret|ses_smtp_password_v4)": "([^"]{20,})"/g))
      assert.ok(!asText(facts).includes(secret), name)
  }
})
