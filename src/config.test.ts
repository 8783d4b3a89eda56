import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Fault } from '#kernel'
import { configJsonSchema, loadConfig, readingRules } from './config.ts'

const problemsOf = (yaml: string): string[] => {
  try {
    loadConfig(yaml, 'reeve.yaml')
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'config_invalid')
    return error.detail.split('\n')
  }
  return assert.fail('the configuration was accepted')
}

test('an empty file and a file of comments are no settings', () => {
  for (const yaml of ['', '\n', '# nothing\n', '{}']) {
    const config = loadConfig(yaml, 'reeve.yaml')
    assert.deepEqual(config.people, [])
    assert.deepEqual(config.governance.rotateWithinDays, {})
  }
})

test('every part of a whole file is read', () => {
  const config = loadConfig(
    `
people: people/people.csv
classification:
  - match: { name: 'api-*' }
    set: { environment: production, owner: ada@larkfield.example }
owners:
  - match: { label: { team: data } }
    owner: '@larkfield/data'
    backup: Ada North
rotateWithinDays: { aws_access_key: 60 }
firstPartyOwners: [larkfield]
ownAccounts:
  - '111122223333'
  - { id: '444455556666', name: larkfield-dev, environment: development }
clusters:
  - { files: [/k8s/, '!x'], name: any }
  - { files: /k8s/prod/, name: prod }
csv:
  - files: '*.csv'
    mapping: { columns: { externalId: Id } }
scan:
  exclude: [vendor/]
  limits: { fileBytesMax: 1048576 }
  failOn: high
`,
    'reeve.yaml',
  )
  assert.deepEqual(config.people, ['people/people.csv'])
  assert.deepEqual(config.governance.ownAccounts, ['111122223333', '444455556666'])
  assert.deepEqual(config.classification[0], {
    match: { externalId: 'arn:*:*:*:444455556666:*' },
    set: { environment: 'development' },
  })
  assert.deepEqual(
    config.owners.map(({ owner }) => owner),
    ['ada@larkfield.example', '@larkfield/data'],
  )
  assert.deepEqual(readingRules(config), {
    limits: { fileBytes: 1_048_576, namedFileBytes: 1_048_576, binaryBytes: 1_048_576 },
    scopes: [
      { glob: '/k8s/prod/', cluster: 'prod' },
      { glob: '/k8s/', cluster: 'any' },
      { glob: '!x', cluster: 'any' },
    ],
    csvMappings: [{ glob: '*.csv', mapping: { columns: { externalId: 'Id' } } }],
  })
  assert.deepEqual(readingRules(config, { secondsMax: 1e9 }).limits, { seconds: 2_147_483 })
  assert.deepEqual(config.scan, { exclude: ['vendor/'], limits: { fileBytesMax: 1_048_576 }, failOn: 'high' })
})

test('an unknown key is named with its line and the key that is meant', () => {
  assert.deepEqual(problemsOf('people: a.csv\nclasification: []\n'), [
    'reeve.yaml:2: unknown key `clasification`; `classification` is meant?',
  ])
  assert.deepEqual(problemsOf('classification:\n  - match:\n      name: x\n      lable: { a: b }\n    set: {}\n'), [
    'reeve.yaml:4: unknown key `lable` in `classification.0.match`; `label` is meant?',
  ])
  assert.match(problemsOf('rotate-within-days: {}\n')[0] ?? '', /`rotateWithinDays` is meant/)
  assert.match(problemsOf('zzz: 1\n')[0] ?? '', /known are people,/)
})

test('every mistake is named in one go, in the order of the file', () => {
  assert.deepEqual(
    problemsOf(
      'firstPartyOwners: larkfield\nownAccounts: [111122223333]\nrotateWithinDays:\n  aws_access_key: 0\n  passwort: 3\nscan:\n  failOn: severe\nowners:\n  - match: { name: x }\n',
    ),
    [
      'reeve.yaml:1: `firstPartyOwners` must be a list',
      'reeve.yaml:2: `ownAccounts.0` must be text (write it in quotes)',
      'reeve.yaml:3: unknown key `passwort` in `rotateWithinDays`; `password` is meant?'.replace(':3:', ':5:'),
      'reeve.yaml:4: `rotateWithinDays.aws_access_key` must be at least 1',
      'reeve.yaml:7: `scan.failOn` must be one of info, low, medium, high, critical, none',
      'reeve.yaml:9: `owners.0.owner` is missing',
    ].toSorted(),
  )
})

test('YAML that does not parse, duplicate keys, tabs and alias bombs are refused with a line', () => {
  assert.match(problemsOf('people: [a\n')[0] ?? '', /^reeve\.yaml:\d+: the YAML does not parse/)
  assert.deepEqual(problemsOf('people: a\npeople: b\n'), ['reeve.yaml:2: a key stands here a second time: keep one'])
  const bomb = `a: &a [x]\n${Array.from({ length: 30 }, (_, at) => `k${at}: &k${at} [${'*a,'.repeat(9)}*a]`).join('\n')}\n`
  assert.ok(problemsOf(bomb).length > 0)
  assert.deepEqual(problemsOf('- a\n- b\n'), ['reeve.yaml:1: the file must be a map of keys to values'])
  assert.match(problemsOf('__proto__: { people: a }\n')[0] ?? '', /unknown key `__proto__`/)
})

test('no text makes reading the settings fail in any other way than by saying what is wrong', () => {
  const part = fc.constantFrom(
    'people',
    'owners',
    ':',
    ' ',
    '\n',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '&a',
    '*a',
    '"',
    'match',
    '1',
    '!!',
    '%',
    '\t',
    '__proto__',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      try {
        loadConfig(parts.join(''), 'reeve.yaml')
      } catch (error) {
        assert.ok(error instanceof Fault)
        assert.match(error.detail, /^reeve\.yaml:\d+: /)
      }
    }),
    { numRuns: 500 },
  )
})

test('the section of the server: what is not written is absent, what is unsafe to guess is refused', () => {
  assert.deepEqual(loadConfig('', 'reeve.yaml').server, { behindProxy: false, bothAdministrations: false })
  const whole = `server:
  listen: 0.0.0.0:8443
  tls: { cert: tls/cert.pem, key: tls/key.pem }
  behindProxy: false
  importRoots: exports
  bothAdministrations: true
  orphanGraceDays: 7
  leaverBound: { shareMax: 0.5, countMin: 3 }
  rateLimits: { perTokenPerMinute: 600, failuresPerAddressPerMinute: 5 }
`
  assert.deepEqual(loadConfig(whole, 'reeve.yaml').server, {
    listen: '0.0.0.0:8443',
    tls: { cert: 'tls/cert.pem', key: 'tls/key.pem' },
    behindProxy: false,
    importRoots: ['exports'],
    bothAdministrations: true,
    orphanGraceDays: 7,
    leaverShareMax: 0.5,
    leaverCountMin: 3,
    perTokenPerMinute: 600,
    failuresPerAddressPerMinute: 5,
  })
  const wrong: readonly (readonly [yaml: string, says: RegExp])[] = [
    ['server: { listn: "a:1" }', /reeve\.yaml:1: unknown key `listn` in `server`; `listen` is meant\?/],
    ['server:\n  listen: 7330', /reeve\.yaml:2: `server\.listen` must be text/],
    ['server: { listen: "7330" }', /write an address as 127\.0\.0\.1:7330/],
    ['server: { tls: { cert: a.pem } }', /`server\.tls\.key` is missing/],
    ['server: { leaverBound: { shareMax: 2 } }', /must be at most 1/],
  ]
  for (const [yaml, says] of wrong) {
    assert.throws(
      () => loadConfig(yaml, 'reeve.yaml'),
      (error) => error instanceof Fault && says.test(error.detail),
      yaml,
    )
  }
})

test('the published JSON Schema is the one of the code (REEVE_WRITE=1 writes it)', () => {
  const path = 'docs/schemas/reeve-yaml.schema.json'
  const current = `${JSON.stringify(configJsonSchema(), null, 2)}\n`
  if (process.env['REEVE_WRITE'] === '1') writeFileSync(path, current)
  assert.equal(readFileSync(path, 'utf8'), current)
})
