import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Report } from '../../cli/scan/contract.ts'
import { accounts, folderOf, reeve, reportOn } from './run-reeve.ts'

const names = ({ principals }: Report): string[] =>
  principals.filter(({ kind }) => kind === 'service_account').map(({ name }) => name)

const gitIn =
  (folder: string) =>
  (...args: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    })

const SECRET = 'PASSWORD = "hx4Kv9trellis8sdk2Qz"\n'

describe('what is read', () => {
  test('the current directory by default; files are relative to the scanned path', async (t) => {
    const folder = await folderOf(t, { 'in/deep/sa.yaml': accounts('one') })
    const here = await reeve(['scan', '--format', 'json'], { cwd: join(folder, 'in') })
    const report = JSON.parse(here.stdout) as Report
    assert.deepEqual(report.findings[0]?.locations[0]?.file, 'deep/sa.yaml')
    assert.deepEqual((await reportOn(join(folder, 'in'))).findings, report.findings)
    const file = await reportOn(join(folder, 'in', 'deep', 'sa.yaml'))
    assert.equal(file.findings[0]?.locations[0]?.file, 'sa.yaml')
  })

  test('several paths, and an option before a path does not swallow it', async (t) => {
    const folder = await folderOf(t, {
      'a/sa.yaml': accounts('one'),
      'b/sa.yaml': accounts('two'),
      'c/sa.yaml': accounts('three'),
    })
    const { stdout } = await reeve(['scan', '--format', 'json', '--exclude', 'x', '--only', 'info', 'a', 'b'], {
      cwd: folder,
    })
    assert.deepEqual(names(JSON.parse(stdout) as Report), ['one', 'two'])
  })

  test('standard input', async () => {
    const { stdout, code } = await reeve(['scan', '-', '--format', 'json'], { stdin: accounts('piped') })
    assert.deepEqual(names(JSON.parse(stdout) as Report), ['piped'])
    assert.equal(code, 1)
    assert.equal((await reeve(['scan', '-', '--staged'])).code, 2)
    assert.equal((await reeve(['scan', '-'], { stdin: '' })).code, 2)
  })

  test('what is staged, not what stands in the tree', async (t) => {
    const folder = await folderOf(t, { 'sa.yaml': accounts('old') })
    const git = gitIn(folder)
    git('init', '-q')
    git('add', '-A')
    git('commit', '-q', '-m', 'x')
    await writeFile(join(folder, 'new.yaml'), accounts('staged'))
    git('add', 'new.yaml')
    await writeFile(join(folder, 'new.yaml'), accounts('later'))
    assert.deepEqual(names(await reportOn(folder, '--staged')), ['staged'])
    const outside = await folderOf(t, {})
    assert.equal((await reeve(['scan', outside, '--staged'])).code, 2)
  })

  test('what changed since a revision, with the history from there', async (t) => {
    const folder = await folderOf(t, { 'old.py': SECRET })
    const git = gitIn(folder)
    git('init', '-q')
    git('add', '-A')
    git('commit', '-q', '-m', 'x')
    await writeFile(join(folder, 'gone.py'), SECRET.replace('hx4', 'b72'))
    git('add', '-A')
    git('commit', '-q', '-m', 'y')
    git('rm', '-q', 'gone.py')
    git('commit', '-q', '-m', 'z')
    const report = await reportOn(folder, '--since', 'HEAD~2')
    const places = report.credentials.flatMap(({ locations }) => locations)
    assert.deepEqual(
      places.map(({ file }) => file),
      ['gone.py'],
    )
    assert.match(places[0]?.commit ?? '', /^[0-9a-f]{40}$/)
    assert.equal((await reportOn(folder, '--no-history')).stats.commits, 0)
    assert.equal((await reeve(['scan', folder, '--since', 'no-such-revision'])).code, 2)
  })

  test('not its own report of last time', async (t) => {
    const folder = await folderOf(t, { 'sa.yaml': accounts('one') })
    const output = join(folder, 'odd [name]!.json')
    await reeve(['scan', folder, '--output', output])
    const before = (await reportOn(folder)).stats.files
    const after = JSON.parse((await reeve(['scan', folder, '--format', 'json', '--html', output])).stdout) as Report
    assert.equal(after.stats.files, before - 1)
  })
})

describe('what else is known', () => {
  test('a people feed from elsewhere makes an owner a leaver', async (t) => {
    const folder = await folderOf(t, {
      'in/sa.yaml': accounts('one').replace('  namespace', '  annotations: { owner: gil@x.example }\n  namespace'),
      'feed.csv': 'id,name,email,status\n1,Gil Tarn,gil@x.example,leaver\n',
    })
    const report = await reportOn(join(folder, 'in'), '--people', join(folder, 'feed.csv'))
    const account = report.principals.find(({ name }) => name === 'one')
    assert.deepEqual([account?.owner, account?.ownerStatus], ['Gil Tarn', 'leaver'])
    assert.ok(!report.blindSpots.some(({ message }) => message.includes('--people')))
  })

  test('settings are found, said, and what they hide is a blind spot; --no-config ignores them', async (t) => {
    const folder = await folderOf(t, {
      'sa.yaml': accounts('one'),
      'hidden/sa.yaml': accounts('two'),
      'reeve.yaml': 'scan: { exclude: [hidden/], failOn: none }\n',
    })
    const { stdout, stderr, code } = await reeve(['scan', folder, '--format', 'json'])
    const report = JSON.parse(stdout) as Report
    assert.equal(code, 0)
    assert.deepEqual(names(report), ['one'])
    assert.match(stderr, /settings of .*reeve\.yaml \(they hide or lower findings/)
    assert.equal(report.blindSpots.filter(({ message }) => message.includes('reeve.yaml was found and used')).length, 2)
    assert.deepEqual(names(await reportOn(folder, '--no-config')), ['one', 'two'])
    assert.equal((await reeve(['scan', folder, '--fail-on', 'low'])).code, 1, 'the command line comes first')
    await writeFile(join(folder, 'reeve.yaml'), 'scna: {}\n')
    const wrong = await reeve(['scan', folder])
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /reeve\.yaml:1: unknown key `scna`; `scan` is meant\?/)
  })

  test('fingerprints: labels without a key, the same keyed value in every scan with one', async (t) => {
    const folder = await folderOf(t, {
      'in/a.py': SECRET,
      'in/b.py': SECRET.replace('hx4', 'b72'),
      key: Buffer.alloc(40, 3),
    })
    const [scanned, key] = [join(folder, 'in'), join(folder, 'key')]
    const labels = (await reportOn(scanned)).credentials.map(({ fingerprint }) => fingerprint)
    assert.deepEqual(labels, ['secret-1', 'secret-2'])
    const keyed = (await reportOn(scanned, '--key-file', key)).credentials.map(({ fingerprint }) => fingerprint ?? '')
    for (const one of keyed) assert.match(one, /^hk_[0-9a-f]{16}:[0-9a-f]{64}$/)
    assert.equal(new Set(keyed).size, 2)
    assert.deepEqual(
      (await reportOn(scanned, '--key-file', key)).credentials.map(({ fingerprint }) => fingerprint),
      keyed,
    )
  })
})

describe('--only', () => {
  test('narrows by detector, severity and connector; words of one sort widen', async (t) => {
    const folder = await folderOf(t, { 'sa.yaml': accounts('one'), 'a.py': SECRET })
    const detectors = async (...only: string[]): Promise<Set<string>> =>
      new Set(
        (await reportOn(folder, ...only.flatMap((one) => ['--only', one]))).findings.map(({ detector }) => detector),
      )
    const all = await detectors()
    assert.ok(all.has('owner-missing') && all.has('secret-leaked'))
    assert.deepEqual(await detectors('owner-missing'), new Set(['owner-missing']))
    assert.deepEqual(await detectors('owner-missing,secret-leaked'), new Set(['owner-missing', 'secret-leaked']))
    assert.ok(!(await detectors('kubernetes')).has('secret-leaked'))
    assert.ok((await detectors('source-code')).has('secret-leaked'))
    assert.deepEqual(await detectors('info'), all)
    assert.deepEqual(await detectors('kubernetes', 'secret-leaked'), new Set())
  })
})
