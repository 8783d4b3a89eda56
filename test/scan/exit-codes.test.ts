import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { accounts, COMMAND, folderOf, reeve, reportOn } from './run-reeve.ts'

describe('exit codes', () => {
  test('0 when nothing is found, also in an empty directory', async (t) => {
    const folder = await folderOf(t, { 'readme.md': '# nothing here\n' })
    assert.equal((await reeve(['scan', folder])).code, 0)
    await mkdir(join(folder, 'empty'))
    assert.equal((await reeve(['scan', join(folder, 'empty')])).code, 0)
  })

  test('1 on a finding at the bar, 0 below it, 0 without a bar', async (t) => {
    const folder = await folderOf(t, { 'sa.yaml': accounts('deployer') })
    const [finding] = (await reportOn(folder)).findings
    assert.ok(finding !== undefined)
    assert.equal((await reeve(['scan', folder])).code, 1)
    assert.equal((await reeve(['scan', folder, '--fail-on', finding.severity])).code, 1)
    assert.equal((await reeve(['scan', folder, '--fail-on', 'critical'])).code, finding.severity === 'critical' ? 1 : 0)
    assert.equal((await reeve(['scan', folder, '--fail-on', 'none'])).code, 0)
  })

  test('2 with a word on what is wrong: option, format, subcommand, path, file', async (t) => {
    const folder = await folderOf(t, { 'a.txt': 'x' })
    const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
      [['scan', '--fromat', 'json'], /unknown option '--fromat'[\s\S]*Did you mean --format\?/],
      [['scan', '--format', 'xml'], /Allowed choices are table, json, sarif, csv, html/],
      [['scna'], /unknown command 'scna'[\s\S]*Did you mean scan\?/],
      [['scan', join(folder, 'not-there')], /there is no `.*not-there`/],
      [['scan', folder, '--only', 'owner-mising'], /`owner-mising` is no severity.*did you mean `owner-missing`\?/],
      [['scan', folder, '--people', join(folder, 'a.txt')], /holds no people/],
      [['scan', folder, '--baseline', join(folder, 'no.yaml')], /the baseline `.*no\.yaml` cannot be read \(ENOENT\)/],
      [['scan', folder, '--key-file', join(folder, 'a.txt')], /holds 1 bytes and needs 32/],
      [['scan', folder, '--write-baseline', join(folder, 'b.yaml')], /needs `--reason TEXT`/],
      [['scan', folder, '--reason', 'because'], /belong to `--write-baseline FILE`/],
      [['scan', folder, '--output', folder], /is a directory/],
      [['scan', folder, '--output', join(folder, 'no', 'such', 'place.json')], /cannot be written \(ENOENT\)/],
      [['scan', folder, '--explain', 'fnd_zzzz'], /no finding here has a fingerprint that starts with/],
      [['detectors', 'owner-mising'], /did you mean `owner-missing`\?/],
    ]
    for (const [args, says] of wrong) {
      const { code, stderr, stdout } = await reeve(args)
      assert.equal(code, 2, args.join(' '))
      assert.match(stderr, says)
      assert.equal(stdout, '')
      assert.doesNotMatch(stderr, /\n\s+at /, 'no stack')
    }
  })

  test('0 for help and version, and help says the exit codes', async () => {
    const help = await reeve(['scan', '--help'])
    assert.equal(help.code, 0)
    assert.match(help.stdout, /Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 /)
    assert.equal((await reeve(['--version'])).code, 0)
  })

  test('a file that cannot be read changes nothing, unless it is all there is', async (t) => {
    const folder = await folderOf(t, { 'sa.yaml': accounts('deployer'), 'broken.json': '{"mcpServers": {"a":' })
    const { findings, errors } = await reportOn(folder)
    assert.equal(errors.length, 1)
    assert.ok(findings.length > 0)
    assert.equal((await reeve(['scan', folder])).code, 1)
    assert.equal((await reeve(['scan', join(folder, 'broken.json')])).code, 2)
  })

  test('2 when nothing on standard input was recognised, and findings elsewhere still count', async (t) => {
    for (const stdin of ['', '\n', '\u0000\u0001\u0002', '{"kind":"List"']) {
      const { code, stdout } = await reeve(['scan', '-', '--format', 'json', '--fail-on', 'high'], { stdin })
      assert.equal(code, 2, stdin)
      assert.match(stdout, /nothing on standard input was recognised: /)
    }
    assert.equal((await reeve(['scan', '-'], { stdin: '{"kind":"List","apiVersion":"v1","items":[]}' })).code, 0)
    assert.equal((await reeve(['scan', '-'], { stdin: accounts('deployer') })).code, 1)
    const folder = await folderOf(t, { 'sa.yaml': accounts('deployer') })
    assert.equal((await reeve(['scan', '-', folder])).code, 1)
    assert.equal((await reeve(['scan', '-', folder, '--fail-on', 'critical'])).code, 2)
  })

  test(
    '2 and one line when standard output cannot be written',
    { skip: !existsSync('/dev/full') && 'no /dev/full here' },
    async (t) => {
      const folder = await folderOf(t, { 'sa.yaml': accounts('deployer') })
      const full = openSync('/dev/full', 'w')
      t.after(() => closeSync(full))
      for (const format of ['json', 'table']) {
        const child = spawn(process.execPath, [COMMAND, 'scan', folder, '--quiet', '--format', format], {
          stdio: ['ignore', full, 'pipe'],
        })
        let stderr = ''
        child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()))
        const [code] = (await once(child, 'close')) as [number]
        assert.equal(code, 2)
        assert.equal(stderr, 'reeve: standard output cannot be written (ENOSPC)\n')
      }
    },
  )

  test('a time limit that no timer holds does not stop the scan at once', async (t) => {
    const folder = await folderOf(t, { 'sa.yaml': accounts('deployer') })
    const { code, stderr } = await reeve(['scan', folder, '--time-limit', '9999h'])
    assert.equal(code, 1)
    assert.doesNotMatch(stderr, /Warning|stopped/)
  })

  test('a reader that goes away is no error', async (t) => {
    const folder = await folderOf(t, { 'sa.yaml': accounts(...Array.from({ length: 2000 }, (_, n) => `account-${n}`)) })
    const child = spawn(process.execPath, [COMMAND, 'scan', folder, '--format', 'json', '--fail-on', 'none'])
    let stderr = ''
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
    child.stdout.once('data', () => child.stdout.destroy())
    const [code] = (await once(child, 'close')) as [number]
    assert.equal(code, 0)
    assert.equal(stderr, '')
  })

  test(
    'an interruption ends with 130 and leaves no half-written file',
    { skip: process.platform === 'win32' && 'no such modes on Windows' },
    async (t) => {
      const folder = await folderOf(t, { 'sa.yaml': accounts('deployer') })
      // standard input that never ends keeps the command waiting; more than a pipe holds is taken once it reads
      const child = spawn(process.execPath, [COMMAND, 'scan', '-', '--output', join(folder, 'report.json')])
      await new Promise((done) => child.stdin.write(Buffer.alloc(1 << 20, ' '), done))
      child.kill('SIGINT')
      const [code] = (await once(child, 'close')) as [number]
      assert.equal(code, 130)
      assert.deepEqual(await readdir(folder), ['sa.yaml'])
    },
  )
})
