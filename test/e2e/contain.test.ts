import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { startWithTarget } from './target-in-test.ts'

/** What one test holds another needs: each has a role of its own. */
const ROLES = ['app', 'other', 'observed', 'reported', 'several', 'nameless', 'recorded']
const secretOf = (role: string): string => `leaked-7c1e94-and-long-enough-${role}`
const SCRIPT = readFileSync('samples/data/pipeline/load.py', 'utf8')
const [LINE = '', IN_SCRIPT = ''] = /postgresql:\/\/claims_reader:(\w+)@[^"]+/.exec(SCRIPT) ?? []

test('a leak is contained from the command line', { skip: postgresMissing(18), timeout: 240_000 }, async (t) => {
  const passwords = Object.fromEntries(ROLES.map((role) => [role, secretOf(role)]))
  const world = await startWithTarget(t, { ...passwords, claims_reader: IN_SCRIPT }, ['--sample'])
  const { postgres, ida, run, file, url } = world

  await t.test('a dry run touches nothing; the plan holds the role, and the server itself refuses it', async () => {
    const leaked = await world.file('leaked.txt', `${secretOf('app')}\n`)
    const held = ['contain', '--secret-file', leaked, '--target', 'main', '--account', 'app']
    const session = await postgres.session('app', secretOf('app'), 'postgres', 'billing')

    const dry = await run(ida, ...held, '--dry-run')
    assert.equal(dry.code, 0, dry.stderr)
    assert.match(dry.stdout, /billing from 127\.0\.0\.1 on postgres: 1 session end, and no new one begins/)
    assert.match(dry.stdout, /ALTER ROLE "app" NOLOGIN CONNECTION LIMIT 0/)
    assert.match(dry.stderr, /nothing was changed/)
    await session.query('select 1')

    const unasked = await run(ida, ...held, '--because', 'found in a paste')
    assert.equal(unasked.code, 2)
    assert.match(unasked.stderr, /--yes/)
    await session.query('select 1')

    const done = await run(ida, ...held, '--because', 'found in a paste', '--yes')
    assert.equal(done.code, 0, done.stdout + done.stderr)
    assert.match(done.stdout, /✓ is the credential refused: 127\.0\.0\.1:\d+ refused \(28000\)/)
    assert.match(done.stdout, /Outcome: verified/)
    assert.match(done.stdout, /reeve receipt verify receipt\.json --log-key \S+ \S+ --witness-key/)
    // a hold that joins in another says where its own id will stand
    const joined = await run(ida, ...held, '--dry-run')
    assert.match(joined.stdout, /"also":\["PLAN"\]/)
    await assert.rejects(session.query('select 1'))
    await assert.rejects(postgres.session('app', secretOf('app')), { code: '28000' })
    await (await postgres.session('other', secretOf('other'))).end()

    const [, plan = ''] = /^Plan (pln_\w+)/m.exec(done.stdout) ?? []
    const shown = await run(ida, 'plan', 'show', plan)
    assert.match(shown.stdout, /contain app at main/)
    const receipt = await run(ida, 'receipt', 'show', plan)
    assert.match(receipt.stdout, /outcome +verified/)
    assert.match(receipt.stdout, /verified +try_credential_after: 127\.0\.0\.1:\d+ refused \(28000\)/)
    const receiptFile = join(world.folder, 'receipt.json')
    const written = await run(ida, 'receipt', 'show', plan, '--out', receiptFile)
    assert.equal(written.code, 0, written.stderr)
    const key = await run(ida, 'evidence', 'key', '--data-dir', join(world.folder, 'data'))
    const logKey = key.stdout.split('\n').find((line) => /\+[0-9a-f]{8}\+/.test(line)) ?? ''
    const proven = await run('', 'receipt', 'verify', receiptFile, '--log-key', logKey.trim())
    assert.match(proven.stdout, /passed {2}log key/, proven.stderr)
    assert.match(proven.stdout, /passed {2}entry: rcp_\w+: verified: contain app at main/)

    for (const { stdout, stderr } of [dry, done, shown, receipt])
      assert.ok(!(stdout + stderr).includes(secretOf('app')))

    const back = ['plan', 'make', 'restore', '--target', 'main', '--account', 'app', '--because', 'it was a drill']
    const elsewhere = await world.file('uri.txt', `postgresql://app:${secretOf('app')}@elsewhere.example/shop\n`)
    const refused = await run(ida, ...back, '--secret-file', elsewhere)
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /beside a server that is none of this target, and is not sent there/)
    const settings = await world.file(
      'settings.env',
      `APP_HOST=127.0.0.1\nAPP_PORT=${postgres.port}\nAPP_PASSWORD=${secretOf('app')}\n`,
    )
    const restored = await run(ida, ...back, '--secret-file', settings)
    assert.equal(restored.code, 0, restored.stdout + restored.stderr)
    assert.match(restored.stderr, /It is tried with: the value of APP_PASSWORD/)
    await (await postgres.session('app', secretOf('app'))).end()
  })

  await t.test('who uses a role is observed while nothing is changed, and is told before the end', async () => {
    const session = await postgres.session('observed', secretOf('observed'), 'postgres', 'billing')
    const make = ['plan', 'make', 'observe', '--target', 'main', '--account', 'observed', '--because', 'who uses it?']
    const made = await run(ida, ...make, '--for', '30m', '--json')
    assert.equal(made.code, 0, made.stderr)
    const { id } = JSON.parse(made.stdout) as { id: string }
    let shown = ''
    for (let tries = 0; tries < 20 && !shown.includes('seen so far'); tries++)
      shown = (await run(ida, 'plan', 'show', id)).stdout
    assert.match(shown, /seen so far, in \d+ looks:\n +billing from 127\.0\.0\.1 on postgres: 1 at once/)
    const ended = await run(ida, 'plan', 'cancel', id)
    assert.match(ended.stdout + ended.stderr, /cancelled/)
    await session.query('select 1')
    await session.end()
  })

  await t.test(
    'after a read of the target the page knows the account, what it could reach, and that nobody answers for it',
    async () => {
      await postgres.sql('create table orders (id int); grant select on orders to reported')
      const read = await run(ida, 'import', 'main', '--type', 'target')
      assert.equal(read.code, 0, read.stdout + read.stderr)
      const leaked = await file('leaked.txt', secretOf('reported'))
      const page = await run(
        ida,
        'contain',
        '--secret-file',
        leaked,
        '--target',
        'main',
        '--account',
        'reported',
        '--dry-run',
      )
      assert.equal(page.code, 0, page.stdout + page.stderr)
      assert.match(page.stdout, /reported.*service account/i)
      assert.match(page.stdout, /pg:SELECT.*pg:\/\/main\/postgres\/public\.orders/)
    },
  )

  await t.test(
    'of several secrets in one file the one that opens the account is tried, and no other goes to its server',
    async () => {
      const uri = (user: string, password: string, host: string): string =>
        `postgresql://${user}:${password}@${host}/postgres`
      const here = `127.0.0.1:${postgres.port}`
      const text = [
        `DATABASE_URL=${uri('several', secretOf('several'), here)}`,
        `REPLICA_URL=${uri('several', 'of-another-server', 'other.example:5432')}`,
        `PGUSER=several\nPGPASSWORD=${secretOf('several')}\nREDIS_PASSWORD=of-something-else\n`,
      ].join('\n')
      const leaked = ['contain', '--secret-file', await file('.env', text)]
      const dry = await run(ida, ...leaked, '--dry-run', '--json')
      assert.equal(dry.code, 0, dry.stdout + dry.stderr)
      const page = JSON.parse(dry.stdout) as { place: { account: string }; triedAs: string; logins: string[] }
      assert.deepEqual([page.place.account, page.triedAs, page.logins], ['several', 'a connection URI', []])
      const held = await run(ida, ...leaked, '--because', 'found in a paste', '--yes')
      assert.equal(held.code, 0, held.stdout + held.stderr)
      assert.match(held.stdout, /it is tried with: a connection URI/)
    },
  )

  await t.test('of two passwords without a name the one that is let in is it, and the logins are told', async () => {
    const leaked = await file('.env', `REDIS_PASSWORD=of-something-else\nDB_PASSWORD=${secretOf('nameless')}\n`)
    const held = ['contain', '--secret-file', leaked, '--target', 'main', '--account', 'nameless']
    const dry = await run(ida, ...held, '--dry-run')
    assert.equal(dry.code, 0, dry.stdout + dry.stderr)
    assert.match(dry.stdout, /it is tried with: the value of DB_PASSWORD/)
    assert.match(dry.stderr, /nothing was changed[^]*used for logins at main as nameless/)
    const json = await file('leaked.txt', `token = "${secretOf('nameless')}"\n`)
    const refused = await run(
      ida,
      'contain',
      '--secret-file',
      json,
      '--target',
      'main',
      '--account',
      'nameless',
      '--dry-run',
    )
    assert.equal(refused.code, 2, refused.stdout)
    assert.match(refused.stderr, /the text was not understood.*--raw/)
    assert.ok(!refused.stderr.includes(secretOf('nameless')))
  })

  await t.test(
    'of a target that cannot be asked nothing is said to be so: neither sessions nor what breaks',
    async () => {
      const add = [
        'target',
        'add',
        'down',
        '--host',
        '127.0.0.1',
        '--port',
        '1',
        '--tls',
        'off',
        '--password',
        `file:${join(world.folder, 'data/secrets/main')}`,
      ]
      const added = await run(ida, ...add)
      assert.equal(added.code, 0, added.stderr)
      const page = await run(ida, 'contain', '--target', 'down', '--account', 'app', '--dry-run')
      assert.equal(page.code, 0, page.stdout + page.stderr)
      assert.match(page.stdout, /Who uses it now\n +not known: the target could not be asked/)
      assert.match(page.stdout, /What will break\n +not known: the target could not be asked/)
      assert.equal(page.stdout.match(/`down` can't be asked/g)?.length, 1, page.stdout)
    },
  )

  await t.test(
    'a credential of the roll alone leads to its account, where a read of the target brought it',
    async () => {
      const items: { id: string; data: { name?: string } }[] = []
      for (let next: string | undefined = ''; next !== undefined;) {
        const path = `${url}/v1/credentials?limit=100${next === '' ? '' : `&cursor=${next}`}`
        const listed = await fetch(path, { headers: { authorization: `Bearer ${ida}` } })
        const page = (await listed.json()) as { items: typeof items; next?: string }
        items.push(...page.items)
        next = page.next
      }
      const credential = items.find(({ data }) => data.name === 'password of recorded')?.id ?? ''
      const dry = await run(ida, 'contain', '--credential', credential, '--dry-run', '--json')
      assert.equal(dry.code, 0, dry.stdout + dry.stderr)
      const page = JSON.parse(dry.stdout) as { place: { account: string; targetName: string }; logins: string[] }
      assert.deepEqual([page.place.account, page.place.targetName, page.logins], ['recorded', 'main', []])
    },
  )

  await t.test(
    'on the sample estate, from the line of a script that was found: whose it is, where it stands, who must be told',
    async () => {
      await postgres.sql('create database claims')
      const leaked = await file('leaked.txt', `${LINE}\n`)
      const asked = ['contain', '--secret-file', leaked]

      const unknown = await run(ida, ...asked, '--dry-run')
      assert.equal(unknown.code, 2, unknown.stdout)
      assert.match(unknown.stdout, /data\/pipeline\/load\.py:6 \(the value itself\)/)
      assert.match(unknown.stdout, /Looked at: .*claims-db\.larkfield\.example:5432/)
      assert.match(unknown.stdout, /no target has the address claims-db\.larkfield\.example:5432/)

      // it stood beside another host, and is not sent to this one, whoever asks for it
      const elsewhere = await run(ida, ...asked, '--target', 'main', '--dry-run')
      assert.equal(elsewhere.code, 2, elsewhere.stdout)
      assert.match(elsewhere.stdout, /beside claims-db\.larkfield\.example:5432, which is no address of this target/)

      const { port } = postgres
      const here = LINE.replace(/@[^/]+\//, `@127.0.0.1:${port}/`)
      const moved = ['contain', '--secret-file', await file('moved.txt', `${here}\n`)]
      const dry = await run(ida, ...moved, '--target', 'main', '--dry-run', '--json')
      const page = JSON.parse(dry.stdout) as {
        place: { account: string; database: string }
        credentials: { id: string }[]
      }
      assert.deepEqual([page.place.account, page.place.database], ['claims_reader', 'claims'])
      assert.equal(page.credentials.length, 1)

      const held = await run(ida, ...moved, '--because', 'found in a script', '--yes')
      assert.equal(held.code, 0, held.stdout + held.stderr)
      // the file where the value stands is what breaks, and who answers for that file is told
      const [, breaks = ''] = held.stdout.split('What will break')
      assert.match(breaks, /^\s+data\/pipeline\/load\.py:6 has the value: what runs it can not sign in any more/)
      const [, told = ''] = held.stdout.split('Who must be told')
      assert.match(told, /Data.*: code owner of data\/pipeline\/load\.py/)
      assert.match(told, /Sorour.*: code owner of data\/pipeline\/load\.py/)
      assert.doesNotMatch(held.stdout, /nothing that is known|nobody is known who answers/)
      await assert.rejects(postgres.session('claims_reader', IN_SCRIPT, 'claims'), { code: '28000' })
      for (const { stdout, stderr } of [unknown, elsewhere, dry, held])
        assert.ok(!(stdout + stderr).includes(IN_SCRIPT))
      // by its record alone nothing can be tried: that is said, and is not called verified
      const byRecord = ['contain', '--credential', page.credentials[0]?.id ?? '', '--target', 'main', '--account']
      const tried = await run(ida, ...byRecord, 'claims_reader', '--because', 'a drill', '--yes')
      assert.equal(tried.code, 3, tried.stdout)
      assert.match(tried.stdout, /no credential was offered/)
    },
  )
})
