import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Finding } from '#governance'
import { deriveId, parseInstant } from '#kernel'
import type { Instant, Location } from '#kernel'
import { applyComments, parseIgnoreComment } from './comments.ts'

const NOW = parseInstant('2026-06-01') as Instant
const at = (...locations: readonly Location[]): Finding => ({
  fingerprint: deriveId('finding', 'x'),
  detector: 'secret-leaked',
  owasp: ['NHI2:2025'],
  controls: ['PR.AA-01'],
  subject: { externalId: 'x' },
  severity: 'high',
  severityReasons: ['x'],
  title: 'x',
  locations,
  evidence: {},
  remediation: 'x',
})
const GOOD = 'reeve:ignore a test double until=2027-01-01'
const outcome = async (text: string, ...locations: readonly Location[]): Promise<'open' | 'suppressed' | 'error'> => {
  const lines = async (file: string) => Promise.resolve(file === 'none' ? undefined : text.split('\n'))
  const { suppressed, errors } = await applyComments([at(...locations)], lines, NOW)
  return suppressed.length > 0 ? 'suppressed' : errors.length > 0 ? 'error' : 'open'
}

test('the comment syntax of every language is understood, and its closing is not part of the reason', () => {
  for (const line of [
    `# ${GOOD}`,
    `// ${GOOD}`,
    `/* ${GOOD} */`,
    `<!-- ${GOOD} -->`,
    `-- ${GOOD}`,
    `{# ${GOOD} #}`,
    `key = "value" ; ${GOOD}`,
    '# reeve:ignore until=2027-01-01, a test double',
    '# reeve:ignore: a test double until=2027-01-01',
  ]) {
    const comment = parseIgnoreComment(line)
    assert.ok(typeof comment === 'object', line)
    assert.deepEqual([comment.reason, comment.until], ['a test double', '2027-01-01'], line)
  }
  assert.deepEqual(parseIgnoreComment('# reeve:ignore[a-b, c] x until=2027-01-01'), {
    detectors: ['a-b', 'c'],
    reason: 'x',
    until: '2027-01-01',
  })
})

test('a comment on the line above counts only when it is alone there', async () => {
  const place = { file: 'a.py', startLine: 2 }
  const openers = { py: '# ', ts: '   // ', java: '/* ', go: ' * ', html: '<!-- ', sql: '-- ', bat: 'REM ', ini: '; ' }
  for (const [ending, opener] of Object.entries({ ...openers, yaml: '  # ', vb: "' ", tex: '% ', '': '# ' })) {
    const there = { file: `a.${ending}`, startLine: 2 }
    assert.equal(await outcome(`${opener}${GOOD}\nsecret`, there), 'suppressed', opener)
  }
  assert.equal(await outcome(`other = "x" # ${GOOD}\nsecret`, place), 'open')
  assert.equal(await outcome(`first\nsecret # ${GOOD}`, place), 'suppressed')
  assert.equal(await outcome(`# ${GOOD}\nfirst\nsecret`, { file: 'a.py', startLine: 3 }), 'open')
  assert.equal(await outcome(`first\nsecret\n# ${GOOD}`, place), 'open')
})

test('what is data is no comment, on its line or on the line above', async () => {
  const data: readonly (readonly [file: string, line: string])[] = [
    ['a.json', `{"n": "x"} // ${GOOD}`],
    ['a.tfstate', `# ${GOOD}`],
    ['a.ndjson', `# ${GOOD}`],
    ['a.csv', `a,b # ${GOOD}`],
    ['a.ldif', `# ${GOOD}`],
    ['export', `{"n": "x", "m": 1} # ${GOOD}`],
    ['a.py', `a = "${GOOD}"`],
    ['a.py', `a = "# ${GOOD}"`],
    ['a.py', `a = "\\" # ${GOOD}"`],
    ['a.js', `/* x */ a = '// ${GOOD}'`],
    ['a.js', `# ${GOOD}`],
    ['a.sql', `insert 'a\\'' -- ${GOOD}'`],
    ['a.yaml', `a: "# ${GOOD}"`],
    ['a.yaml', `a: x#${GOOD}`],
    ['a.yaml', `a: ${GOOD}`],
    ['a.yaml', `"a\n  # ${GOOD}"`],
    ['a.yaml', `a: |\n  # ${GOOD}`],
    ['a.conf', `url = https://x/${GOOD}`],
    ['a.conf', `${'x'.repeat(5000)} # ${GOOD}`],
    ['.ssh/authorized_keys', `ssh-ed25519 AAAA x # ${GOOD}`],
    ['etc/passwd', `x:x:0:0:a # ${GOOD}:/:/bin/sh`],
  ]
  for (const [file, line] of data) {
    const startLine = line.split('\n').length
    assert.equal(await outcome(line, { file, startLine }), 'open', line)
    assert.equal(await outcome(`${line}\nsecret`, { file, startLine: startLine + 1 }), 'open', line)
  }
  for (const [file, line] of [
    ['a.py', `a = "it's" # ${GOOD}`],
    ['a.yaml', `a: don't # ${GOOD}`],
    ['a.js', `a(/* x */ "y") // ${GOOD}`],
    ['a.env', `A='x' # ${GOOD}`],
    ['a.yaml', `a: "reeve:ignore" # ${GOOD}`],
  ] as const) {
    assert.equal(await outcome(line, { file, startLine: 1 }), 'suppressed', line)
  }
})

test('every place in the working tree has to carry one; history follows it', async () => {
  const text = `secret # ${GOOD}\nsecret`
  const [covered, bare] = [
    { file: 'a', startLine: 1 },
    { file: 'a', startLine: 2 },
  ]
  assert.equal(await outcome(text, covered), 'suppressed')
  assert.equal(await outcome(text, covered, bare), 'open')
  assert.equal(await outcome(text, covered, { file: 'a', startLine: 9, commit: 'c0ffee' }), 'suppressed')
  assert.equal(await outcome(text, { file: 'a', startLine: 1, commit: 'c0ffee' }), 'open')
  assert.equal(await outcome(text, { file: 'a.zip!/a', startLine: 1 }), 'open')
  assert.equal(await outcome(text, { file: 'none', startLine: 1 }), 'open')
  assert.equal(await outcome(text, { file: 'a' }), 'open')
  assert.equal(await outcome(text), 'open')
})

test('holds to the end of its day', async () => {
  const place = { file: 'a', startLine: 1 }
  assert.equal(await outcome('x # reeve:ignore y until=2026-06-01', place), 'suppressed')
  assert.equal(await outcome('x # reeve:ignore y until=2026-05-31', place), 'error')
})

test('no line makes it throw or stall', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (rest) => {
      parseIgnoreComment(`reeve:ignore${rest}`)
    }),
  )
  const started = performance.now()
  for (const piece of [' ', 'until=', '[a', '-', '*/ ', 'x'])
    parseIgnoreComment(`reeve:ignore${piece.repeat(1_000_000)}`)
  assert.ok(performance.now() - started < 1000)
})
