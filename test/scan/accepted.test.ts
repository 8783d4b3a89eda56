import assert from 'node:assert/strict'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import type { Report } from '../../cli/scan/contract.ts'
import { accounts, folderOf, reeve, reportOn } from './run-reeve.ts'

const DAY_MS = 86_400_000
const day = (fromNow: number): string => new Date(Date.now() + fromNow * DAY_MS).toISOString().slice(0, 10)

interface Baseline {
  readonly accepted: { fingerprint: string; reason: string; until: string; title: string; detector: string }[]
}

describe('a baseline', () => {
  test('accepts the findings of today, with a reason and an end, and no others', async (t) => {
    const folder = await folderOf(t, { 'in/sa.yaml': accounts('one', 'two') })
    const [scanned, file] = [join(folder, 'in'), join(folder, 'baseline.yaml')]
    const before = await reportOn(scanned)
    const wrote = await reeve(['scan', scanned, '--write-baseline', file, '--reason', 'known: SEC-12'])
    assert.equal(wrote.code, 0, wrote.stderr)
    const baseline = parse(await readFile(file, 'utf8')) as Baseline
    assert.deepEqual(
      baseline.accepted.map(({ fingerprint }) => fingerprint),
      before.findings.map(({ fingerprint }) => fingerprint),
    )
    assert.ok(baseline.accepted.every(({ reason, until }) => reason === 'known: SEC-12' && until === day(90)))
    const after = await reportOn(scanned, '--baseline', file)
    assert.deepEqual(after.findings, [])
    assert.equal(after.suppressed.length, before.findings.length)
    assert.equal(after.suppressed[0]?.suppression.reason, 'known: SEC-12')
    assert.equal((await reeve(['scan', scanned, '--baseline', file])).code, 0)
    await writeFile(join(scanned, 'new.yaml'), accounts('three'))
    const later = await reportOn(scanned, '--baseline', file)
    assert.ok(later.findings.length > 0)
    assert.ok(later.findings.every(({ subject }) => subject.externalId.endsWith(':three')))
    assert.equal((await reeve(['scan', scanned, '--baseline', file])).code, 1)
  })

  test('counts again after its end, and says so; what is no longer found is stale', async (t) => {
    const folder = await folderOf(t, { 'in/sa.yaml': accounts('one') })
    const scanned = join(folder, 'in')
    const [finding] = (await reportOn(scanned)).findings
    assert.ok(finding !== undefined)
    const entry = { fingerprint: finding.fingerprint, detector: finding.detector, title: 'x', reason: 'y' }
    const file = join(folder, 'baseline.json')
    const gone = { ...entry, fingerprint: 'fnd_gone', until: day(5) }
    await writeFile(file, JSON.stringify({ accepted: [{ ...entry, until: day(-1) }, gone] }, null, 2))
    const report = await reportOn(scanned, '--baseline', file)
    assert.ok(report.findings.some(({ fingerprint }) => fingerprint === finding.fingerprint))
    assert.deepEqual(
      report.errors.map(({ line, message }) => [line, message.replace(/`.*/, '')]),
      [
        [3, 'the acceptance of '],
        [10, 'stale: '],
      ],
    )
    // a scan that looked only somewhere cannot call anything stale
    const narrow = await reportOn(scanned, '--baseline', file, '--only', finding.detector)
    assert.equal(narrow.errors.length, 1)
    await writeFile(file, JSON.stringify({ accepted: [{ ...entry, until: day(0) }] }))
    assert.ok(
      !(await reportOn(scanned, '--baseline', file)).findings.some((one) => one.fingerprint === entry.fingerprint),
    )
  })

  test('written again keeps the reasons that still hold', async (t) => {
    const folder = await folderOf(t, { 'in/sa.yaml': accounts('one') })
    const [scanned, file] = [join(folder, 'in'), join(folder, 'baseline.yaml')]
    await reeve(['scan', scanned, '--write-baseline', file, '--reason', 'first', '--until', day(10)])
    await writeFile(join(scanned, 'new.yaml'), accounts('two'))
    await reeve(['scan', scanned, '--write-baseline', file, '--reason', 'second'])
    const { accepted } = parse(await readFile(file, 'utf8')) as Baseline
    for (const { title, reason, until } of accepted) {
      assert.deepEqual([reason, until], title.includes('two') ? ['second', day(90)] : ['first', day(10)], title)
    }
    assert.equal(new Set(accepted.map(({ reason }) => reason)).size, 2)
  })

  test('written again by a scan that looked only somewhere keeps the rest', async (t) => {
    const folder = await folderOf(t, { 'in/one.yaml': accounts('one'), 'in/two.yaml': accounts('two') })
    const [scanned, file] = [join(folder, 'in'), join(folder, 'baseline.yaml')]
    await reeve(['scan', scanned, '--write-baseline', file, '--reason', 'first', '--until', day(10)])
    const { accepted } = parse(await readFile(file, 'utf8')) as Baseline
    assert.ok(accepted.length >= 2)
    for (const narrow of [
      ['--only', 'aws'],
      ['--include', 'one.yaml'],
    ]) {
      await reeve(['scan', scanned, ...narrow, '--write-baseline', file, '--reason', 'second'])
      const again = (parse(await readFile(file, 'utf8')) as Baseline).accepted
      const sorted = (list: Baseline['accepted']) => list.map(({ fingerprint, reason }) => fingerprint + reason).sort()
      assert.deepEqual(sorted(again), sorted(accepted), narrow.join(' '))
    }
  })

  test('is never half believed: a wrong entry is named with its line, and nothing is scanned', async (t) => {
    const folder = await folderOf(t, { 'in/sa.yaml': accounts('one') })
    const file = join(folder, 'baseline.yaml')
    const wrong: readonly (readonly [text: string, says: RegExp])[] = [
      ['accepted:\n  - fingerprint: a\n', /line 2: `detector`/],
      [
        `accepted:\n  - {fingerprint: a, detector: b, title: c, reason: '', until: ${day(1)}}\n`,
        /line 2: `reason`: say why/,
      ],
      ['accepted:\n\n  - {fingerprint: a, detector: b, title: c, reason: d, until: soon}\n', /line 3: `until`/],
      ['accepted:\n  - {fingerprint: a, detector: b, title: c, reason: d, until: 2026-02-30}\n', /line 2: `until`/],
      ['findings: []\n', /no list `accepted`/],
      ['accepted: [', /does not parse/],
      ['a: &a [1]\nb: [*a, *a]\naccepted: [*a]\n', /line 3/],
    ]
    for (const [text, says] of wrong) {
      await writeFile(file, text)
      const { code, stderr, stdout } = await reeve(['scan', join(folder, 'in'), '--baseline', file])
      assert.equal(code, 2, text)
      assert.match(stderr, says)
      assert.equal(stdout, '')
    }
  })
})

describe('a reeve:ignore comment', () => {
  /** The account with `comment` alone on the line above its finding, and `behind` at the end of that line. */
  async function scanWith(
    t: Parameters<typeof folderOf>[0],
    { above = '', behind = '' }: { above?: string; behind?: string },
  ): Promise<Report> {
    const text = accounts('one')
    const folder = await folderOf(t, { 'sa.yaml': text })
    const [finding] = (await reportOn(folder)).findings
    const at = (finding?.locations[0]?.startLine ?? 1) - 1
    const lines = text.split('\n')
    lines.splice(at, 1, ...(above === '' ? [] : [above]), `${lines[at] ?? ''}${behind}`)
    await writeFile(join(folder, 'sa.yaml'), lines.join('\n'))
    return reportOn(folder)
  }

  test('suppresses on its line and alone on the line above, and is listed with its reason', async (t) => {
    for (const where of ['above', 'behind'] as const) {
      const { findings, suppressed } = await scanWith(t, { [where]: ` # reeve:ignore test double until=${day(9)}` })
      assert.deepEqual(findings, [], where)
      assert.ok(suppressed.length > 0)
      for (const { suppression } of suppressed) {
        assert.deepEqual([suppression.by, suppression.reason, suppression.until], ['comment', 'test double', day(9)])
      }
    }
  })

  test('does not suppress when it has ended, lacks a reason or an end, or names another detector', async (t) => {
    const wrong: readonly (readonly [comment: string, says: RegExp | undefined])[] = [
      [`reeve:ignore test double until=${day(-1)}`, /it ended on/],
      [`reeve:ignore until=${day(9)}`, /needs a reason/],
      ['reeve:ignore test double', /needs an expiry/],
      ['reeve:ignore test double until=2026-13-01', /not a day/],
      [`reeve:ignore[secret-leaked] test double until=${day(9)}`, undefined],
    ]
    for (const [comment, says] of wrong) {
      const { findings, suppressed, errors } = await scanWith(t, { behind: ` # ${comment}` })
      assert.ok(findings.length > 0, comment)
      assert.deepEqual(suppressed, [])
      if (says === undefined) assert.deepEqual(errors, [])
      else {
        assert.match(errors[0]?.message ?? '', says)
        assert.equal(errors[0]?.file, 'sa.yaml')
      }
    }
  })

  test(
    'is not read through a link that leaves the tree',
    { skip: process.platform === 'win32' && 'no such links on Windows' },
    async (t) => {
      const folder = await folderOf(t, { 'outside/sa.yaml': accounts('one'), 'in/readme': '' })
      await symlink(join(folder, 'outside'), join(folder, 'in', 'link'))
      assert.deepEqual((await reportOn(join(folder, 'in'))).principals, [])
    },
  )
})
