import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { Fault } from '#kernel'
import { parseReference, referenceName, resolveReference, resolveText } from './index.ts'

const root = await mkdtemp(join(tmpdir(), 'reeve-reference-'))
after(async () => await rm(root, { recursive: true, force: true }))

async function script(name: string, text: string): Promise<string> {
  const path = join(root, name)
  await writeFile(path, `#!/bin/sh\n${text}\n`)
  await chmod(path, 0o700)
  return path
}

const VALUE = 'correct-horse-battery-staple'
const refused = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Fault, String(error))
  assert.equal(error.code, code)
  assert.ok(!inspect(error, { depth: 9 }).includes(VALUE), 'no value in an error')
  return true
}

test('a file, a variable and a command give what is behind them', async () => {
  const file = join(root, 'secret')
  await writeFile(file, `${VALUE}\n`)
  process.env['TEST_OF_REFERENCES'] = VALUE
  const command = await script('print.sh', 'echo "$1-$2"')
  assert.equal((await resolveReference(`file:${file}`)).toString(), `${VALUE}\n`)
  assert.equal(await resolveText(`file:${file}`), VALUE)
  assert.equal(await resolveText('env:TEST_OF_REFERENCES'), VALUE)
  assert.equal((await resolveReference(`exec:${command} one "two  words"`)).toString(), 'one-two  words')
})

test('a command runs without a shell and without the settings of the server', async () => {
  process.env['REEVE_TEST_OF_REFERENCES'] = VALUE
  const command = await script('words.sh', 'echo "[$1][$2][$REEVE_TEST_OF_REFERENCES]"')
  assert.equal(await resolveText(`exec:${command} $(id) ;true`), '[$(id)][;true][]')
})

test('a literal secret is no reference, and the refusal does not repeat it', () => {
  for (const text of [VALUE, `env:${VALUE}`, `secret:${VALUE}`, '', 'file:', `file:${VALUE}`, `exec:${VALUE}`]) {
    assert.throws(() => parseReference(text), refused('unprocessable'), text)
  }
})

test('of a command only its path is ever shown', () => {
  assert.equal(referenceName(parseReference(`exec:/bin/get --token ${VALUE}`)), 'exec:/bin/get')
})

test('a command that fails, floods or hangs gives a fault that shows nothing of its output', async () => {
  const failing = await script('fail.sh', `echo ${VALUE}; echo ${VALUE} >&2; exit 3`)
  const flooding = await script('flood.sh', `while :; do echo ${VALUE}; done`)
  await assert.rejects(resolveReference(`exec:${failing}`), refused('unreadable_input'))
  await assert.rejects(resolveReference(`exec:${flooding}`), refused('unreadable_input'))
  await assert.rejects(resolveReference(`exec:${join(root, 'no-such')}`), refused('unreadable_input'))
})

test('a command that hangs is ended with everything that it started', { timeout: 30_000 }, async () => {
  const hanging = await script('hang.sh', `echo ${VALUE}; sleep 600 & wait`)
  const began = performance.now()
  await assert.rejects(resolveReference(`exec:${hanging}`), (error: unknown) => {
    assert.match(String(error), /longer than 10 seconds/)
    return refused('unreadable_input')(error)
  })
  assert.ok(performance.now() - began < 20_000)
})

test('what is missing, empty, a folder or too large is named', async () => {
  await writeFile(join(root, 'empty'), '')
  await writeFile(join(root, 'large'), 'x'.repeat(70_000))
  for (const name of ['missing', 'empty', 'large', '.']) {
    await assert.rejects(resolveReference(`file:${join(root, name)}`), refused('unreadable_input'), name)
  }
  await assert.rejects(resolveReference('env:NOT_SET_ANYWHERE_AT_ALL'), refused('unreadable_input'))
})

test('with rules only what they name is read, and a link leads nowhere else', async () => {
  const folder = join(root, 'secrets')
  await mkdir(folder)
  await writeFile(join(folder, 'inside'), VALUE)
  await writeFile(join(root, 'outside'), VALUE)
  await symlink(join(root, 'outside'), join(folder, 'link'))
  process.env['TEST_OF_RULES'] = VALUE
  const command = await script('allowed.sh', 'echo fine')
  const rules = { folders: [folder], variables: ['TEST_OF_RULES'], commands: [command] }
  assert.equal(await resolveText(`file:${join(folder, 'inside')}`, rules), VALUE)
  assert.equal(await resolveText('env:TEST_OF_RULES', rules), VALUE)
  assert.equal(await resolveText(`exec:${command}`, rules), 'fine')
  const forbidden = [
    `file:${join(root, 'outside')}`,
    `file:${join(folder, 'link')}`,
    `file:${join(folder, '..', 'outside')}`,
    'file:/etc/passwd',
    'env:PATH',
    'exec:/bin/cat /etc/passwd',
  ]
  for (const reference of forbidden) {
    await assert.rejects(resolveReference(reference, rules), refused('unprocessable'), reference)
  }
})

test('what is kept for one host is given to no other, however it is spelled', async () => {
  const folder = join(root, 'bound')
  await mkdir(join(folder, 'hosts', 'db.example'), { recursive: true })
  const file = join(folder, 'hosts', 'db.example', 'admin')
  await writeFile(file, VALUE)
  await symlink(file, join(folder, 'another-name'))
  await symlink(join(folder, 'hosts', 'db.example'), join(folder, 'hosts', 'mine.example'))
  const rules = { folders: [folder, join(folder, 'hosts', 'db.example')], variables: [], commands: [] }
  for (const host of ['db.example', 'DB.Example'])
    assert.equal(await resolveText(`file:${file}`, { ...rules, hosts: [host] }), VALUE)
  for (const path of [file, join(folder, 'another-name'), join(folder, 'hosts', 'mine.example', 'admin')])
    for (const hosts of [['mine.example'], ['db.example', 'mine.example'], []])
      await assert.rejects(resolveText(`file:${path}`, { ...rules, hosts }), refused('unprocessable'), path)
  await assert.rejects(resolveText(`file:${file}`, rules), /is for the host db\.example/)
  const both = join(folder, 'hosts', 'db.example,standby.example')
  await mkdir(both)
  await writeFile(join(both, 'admin'), VALUE)
  const hosts = ['db.example', 'standby.example']
  assert.equal(await resolveText(`file:${join(both, 'admin')}`, { ...rules, hosts }), VALUE)
})
