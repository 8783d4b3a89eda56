// The policies that a new server begins with, tried by the matrices beside this file through the command that users have; and
// that command itself.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { reeve } from '../scan/run-reeve.ts'

interface Told {
  readonly passed: boolean
  readonly files: readonly {
    readonly file: string
    readonly cases: readonly { name: string; passed: boolean; expected: object; actual: object; step: string }[]
    readonly untested: readonly string[]
  }[]
}

async function matrixFile(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-matrix-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'p.cedar'), '@id("only-a") permit (principal, action == Action::"a", resource);\n')
  const file = join(folder, 'm.yaml')
  await writeFile(file, text)
  return file
}

test('every starter policy decides as its matrix says, and every one of them is tried', async () => {
  const { code, stdout, stderr } = await reeve(['policy', 'test', 'test/decisions', '--json'])
  const told = JSON.parse(stdout || '{"files":[]}') as Told
  const failed = told.files.flatMap(({ file, cases }) =>
    cases.filter(({ passed }) => !passed).map((one) => [file, one]),
  )
  assert.deepEqual(failed, [], stderr)
  assert.equal(code, 0, stderr)
  const [first, ...others] = told.files
  const untested = (first?.untested ?? ['all']).filter((id) => others.every((one) => one.untested.includes(id)))
  assert.deepEqual(untested, [])
})

test('a case that comes out otherwise is exit 1, with what was expected, what came out, and where', async (t) => {
  const file = await matrixFile(
    t,
    `policies: p.cedar
principals: { app: {}, gone: { gone: true } }
cases:
  - { name: sound, subject: app, action: a, resource: x:1, expect: { decision: allow, policies: [only-a] } }
  - { name: wrong, subject: app, action: b, resource: x:1, expect: { decision: allow, reason: granted } }
  - { name: too late, subject: app, actors: [gone], action: a, resource: x:1, expect: { decision: allow } }
`,
  )
  const { code, stdout } = await reeve(['policy', 'test', file, '--json'])
  assert.equal(code, 1)
  const [{ cases } = { cases: [] }] = (JSON.parse(stdout) as Told).files
  assert.deepEqual(cases, [
    {
      name: 'sound',
      passed: true,
      expected: { decision: 'allow', policies: ['only-a'] },
      actual: { decision: 'allow', policies: ['only-a'] },
      step: 'what do policies say',
    },
    {
      name: 'wrong',
      passed: false,
      expected: { decision: 'allow', reason: 'granted' },
      actual: { decision: 'deny', reason: 'nothing_permits' },
      step: 'what do policies say',
    },
    {
      name: 'too late',
      passed: false,
      expected: { decision: 'allow' },
      actual: { decision: 'deny' },
      step: 'may the identity be trusted, member 2',
    },
  ])
  const shown = await reeve(['policy', 'test', file])
  assert.match(
    shown.stdout,
    /m\.yaml: wrong\n {2}expected +decision allow, reason granted\n {2}came out +decision deny/,
  )
  assert.match(shown.stderr, /2 of 3 failed/)
})

const MISTAKES: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  [
    'a misspelled key has its line and the one that was meant',
    'policies: p.cedar\nprincipals:\n  app: { enviroment: test }\ncases: [{ name: x, subject: app, action: a, resource: x:1, expect: { decision: deny } }]\n',
    /m\.yaml:3: unknown key `enviroment`/,
  ],
  [
    'a name that nothing stands for has its line',
    'policies: p.cedar\ncases:\n  - name: x\n    subject: nobody\n    action: a\n    resource: x:1\n    expect: { decision: deny }\n',
    /m\.yaml:4: .*nothing here is called `nobody`/,
  ],
  [
    'a case that expects nothing tests nothing',
    'policies: p.cedar\nprincipals: { a: {} }\ncases:\n  - { name: x, subject: a, action: a, resource: x:1, expect: {} }\n',
    /m\.yaml:4: .*say `decision`/,
  ],
  ['a matrix without cases tests nothing', 'policies: p.cedar\n', /m\.yaml:1: `cases` is missing/],
  [
    'policies that are not there',
    'policies: other.cedar\nprincipals: { a: {} }\ncases: [{ name: x, subject: a, action: a, resource: x:1, expect: { decision: deny } }]\n',
    /other\.cedar` cannot be read/,
  ],
  [
    'policies that do not parse',
    'policies: p.cedar\nalso: permit (\nprincipals: { a: {} }\ncases: [{ name: x, subject: a, action: a, resource: x:1, expect: { decision: deny } }]\n',
    /p\.cedar:\d+:\d+: unexpected/,
  ],
]

for (const [what, text, says] of MISTAKES) {
  test(`${what}: exit 2`, async (t) => {
    const { code, stderr } = await reeve(['policy', 'test', await matrixFile(t, text)])
    assert.match(stderr, says)
    assert.equal(code, 2)
  })
}
