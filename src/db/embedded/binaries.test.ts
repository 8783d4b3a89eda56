import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable } from '../database-in-test.ts'
import { blockedAt, databaseAccount, isRoot, parsePasswd } from './account.ts'
import { binariesFor, linksRestored, packageFolder } from './binaries.ts'
import { isRefusal, openPath } from './embedded-in-test.ts'

describe('the binaries', { skip: databaseUnavailable() }, () => {
  let closed: string
  let source: string
  before(async () => {
    closed = await mkdtemp(join(tmpdir(), 'reeve-closed-'))
    source = join(closed, 'package')
    await cp(packageFolder(), source, { recursive: true, verbatimSymlinks: true })
  })
  after(() => rm(closed, { recursive: true, force: true }))

  test('their links are restored where no install script ran', async () => {
    const lib = join(source, 'native', 'lib')
    const links = (await readdir(lib, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink())
    for (const { name } of links) await unlink(join(lib, name))
    assert.ok(links.length > 5)
    assert.equal(await linksRestored(source), true)
    const restored = (await readdir(lib, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink())
    assert.deepEqual(
      restored.map(({ name }) => name),
      links.map(({ name }) => name),
    )
  })

  test('they are copied where the database user cannot reach them', { skip: !isRoot() && 'not root' }, async () => {
    const target = await mkdtemp(join(tmpdir(), 'reeve-copied-'))
    await openPath(target)
    const account = databaseAccount()
    const { postgres } = await binariesFor(account, () => target, source)
    assert.ok(postgres.startsWith(target))
    assert.equal(blockedAt(account, postgres), undefined)
    assert.deepEqual((await readdir(target)).length, 1)
    await rm(target, { recursive: true })
  })
})

test('the account is the first that is known, and never root', () => {
  const accounts = parsePasswd('root:x:0:0::/:\ntoor:x:0:0::/:\nnobody:x:65534:65534::/:\nodd\n-:x:-2:-2::/:\n')
  assert.deepEqual(accounts, [{ name: 'nobody', uid: 65534, gid: 65534 }])
  if (isRoot()) assert.throws(() => databaseAccount(() => 'root:x:0:0::/:'), isRefusal(/useradd --system reeve/))
})
