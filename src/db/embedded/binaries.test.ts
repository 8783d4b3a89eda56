import assert from 'node:assert/strict'
import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, symlink, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable } from '../database-in-test.ts'
import { blockedAt, databaseAccount, isRoot, parsePasswd } from './account.ts'
import { binariesFor, linksRestored, packageFolder } from './binaries.ts'
import { createCluster } from './cluster.ts'
import { prepareDirectory, socketFolder } from './directory.ts'
import { isRefusal, openPath } from './embedded-in-test.ts'
import { canHand } from './handed.ts'
import { openPlace } from './open-place.ts'
import { launch, runningPostmaster, stopPostmaster, whenReady } from './postmaster.ts'

const unhanded = !(isRoot() && canHand()) && 'only root hands folders on, on Linux'

describe('the binaries', { skip: databaseUnavailable() }, () => {
  let closed: string
  let open: string
  let source: string
  before(async () => {
    open = await mkdtemp(join(tmpdir(), 'reeve-open-'))
    await openPath(open)
    closed = await mkdtemp(join(tmpdir(), 'reeve-closed-'))
    source = join(closed, 'package')
    await cp(packageFolder(), source, { recursive: true, verbatimSymlinks: true })
  })
  after(async () => {
    for (const folder of [closed, open]) await rm(folder, { recursive: true, force: true })
  })

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

  test(
    'where they and the data are both below closed folders, they are copied out and serve',
    { skip: unhanded },
    async () => {
      const account = databaseAccount()
      const directory = await prepareDirectory(join(closed, 'data'), account)
      const place = (): Promise<string> => openPlace(account, [join(closed, 'never'), join(open, 'programs')])
      const binaries = await binariesFor(account, place, source)
      assert.ok(binaries.postgres.startsWith(join(open, 'programs')))
      assert.equal(blockedAt(account, binaries.postgres), undefined)
      assert.equal((await readdir(join(open, 'programs'))).length, 1)
      await createCluster(directory, binaries, account, 'only in this test', false)
      const plan = { postgres: binaries.postgres, directory, account, settings: { listen_addresses: '', fsync: 'off' } }
      const postmaster = await launch({ ...plan, socketFolder: await socketFolder(directory.folder, account) })
      const config = { host: postmaster.socketFolder, user: 'reeve_superuser', database: 'postgres' }
      const client = await whenReady(postmaster, { ...config, password: 'only in this test' })
      await client?.end()
      assert.equal(runningPostmaster(directory.pgdata)?.socketFolder, postmaster.socketFolder)
      await stopPostmaster(postmaster)
      assert.ok(client !== undefined)
    },
  )

  test(
    'a place that another user owns, writes to or has put a link at is not taken',
    { skip: !isRoot() && 'not root' },
    async () => {
      const account = databaseAccount()
      assert.ok(account !== undefined)
      const [foreign, link, within] = ['foreign', 'link', 'writable/within'].map((name) => join(open, name)) as [
        string,
        string,
        string,
      ]
      await mkdir(foreign)
      await chown(foreign, account.uid, account.gid)
      await symlink(foreign, link)
      await mkdir(dirname(within))
      await chmod(dirname(within), 0o777)
      const refused = [foreign, link, within, join(open, 'missing', 'below')]
      await assert.rejects(openPlace(account, refused), isRefusal(/copied to `.*foreign` or .*\/opt/))
      assert.deepEqual(await readdir(dirname(within)), [])
      const good = join(open, 'good')
      assert.equal(await openPlace(account, [...refused, good]), good)
      assert.equal(blockedAt(account, good), undefined)
    },
  )
})

test('the account is the first that is known, and never root', () => {
  const accounts = parsePasswd('root:x:0:0::/:\ntoor:x:0:0::/:\nnobody:x:65534:65534::/:\nodd\n-:x:-2:-2::/:\n')
  assert.deepEqual(accounts, [{ name: 'nobody', uid: 65534, gid: 65534 }])
  if (isRoot()) assert.throws(() => databaseAccount(() => 'root:x:0:0::/:'), isRefusal(/useradd --system reeve/))
})
