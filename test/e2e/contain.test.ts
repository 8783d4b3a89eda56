import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { startWithTarget } from './target-in-test.ts'

const SECRET = 'leaked-7c1e94-and-long-enough'

describe('a leak is contained from the command line', { skip: postgresMissing(18), timeout: 240_000 }, () => {
  test('a dry run touches nothing; the plan holds the role, and the server itself refuses it', async (t) => {
    const world = await startWithTarget(t, { app: SECRET, other: `${SECRET}-other` })
    const { postgres, ida, run } = world
    const leaked = await world.file('leaked.txt', `${SECRET}\n`)
    const held = ['contain', '--secret-file', leaked, '--target', 'main', '--account', 'app']
    const session = await postgres.session('app', SECRET, 'postgres', 'billing')

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
    await assert.rejects(session.query('select 1'))
    await assert.rejects(postgres.session('app', SECRET), { code: '28000' })
    await (await postgres.session('other', `${SECRET}-other`)).end()

    const [, plan = ''] = /^Plan (pln_\w+)/m.exec(done.stdout) ?? []
    const shown = await run(ida, 'plan', 'show', plan)
    assert.match(shown.stdout, /contain app at main/)
    const receipt = await run(ida, 'receipt', 'show', plan)
    assert.match(receipt.stdout, /outcome +verified/)
    assert.match(receipt.stdout, /verified +try_credential_after: 127\.0\.0\.1:\d+ refused \(28000\)/)
    const file = join(world.folder, 'receipt.json')
    const written = await run(ida, 'receipt', 'show', plan, '--out', file)
    assert.equal(written.code, 0, written.stderr)
    const key = await run(ida, 'evidence', 'key', '--data-dir', join(world.folder, 'data'))
    const logKey = key.stdout.split('\n').find((line) => /\+[0-9a-f]{8}\+/.test(line)) ?? ''
    const proven = await run('', 'receipt', 'verify', file, '--log-key', logKey.trim())
    assert.match(proven.stdout, /passed {2}log key/, proven.stderr)
    assert.match(proven.stdout, /passed {2}entry: rcp_\w+: verified: contain app at main/)

    for (const { stdout, stderr } of [dry, done, shown, receipt]) assert.ok(!(stdout + stderr).includes(SECRET))

    const back = ['plan', 'make', 'restore', '--target', 'main', '--account', 'app', '--because', 'it was a drill']
    const elsewhere = await world.file('uri.txt', `postgresql://app:${SECRET}@elsewhere.example/shop\n`)
    const refused = await run(ida, ...back, '--secret-file', elsewhere)
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /beside a server that is none of this target, and is not sent there/)
    const settings = await world.file(
      'settings.env',
      `APP_HOST=127.0.0.1\nAPP_PORT=${postgres.port}\nAPP_PASSWORD=${SECRET}\n`,
    )
    const restored = await run(ida, ...back, '--secret-file', settings)
    assert.equal(restored.code, 0, restored.stdout + restored.stderr)
    assert.match(restored.stderr, /It is tried with: the value of APP_PASSWORD/)
    await (await postgres.session('app', SECRET)).end()
  })

  test('who uses a role is observed while nothing is changed, and is told before the end', async (t) => {
    const { ida, run, postgres } = await startWithTarget(t, { app: SECRET })
    const session = await postgres.session('app', SECRET, 'postgres', 'billing')
    const make = ['plan', 'make', 'observe', '--target', 'main', '--account', 'app', '--because', 'who uses it?']
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

  test('after a read of the target the page knows the account, what it could reach, and that nobody answers for it', async (t) => {
    const { ida, run, file, postgres } = await startWithTarget(t, { app: SECRET })
    await postgres.sql('create table orders (id int); grant select on orders to app')
    const read = await run(ida, 'import', 'main', '--type', 'target')
    assert.equal(read.code, 0, read.stdout + read.stderr)
    const leaked = await file('leaked.txt', SECRET)
    const page = await run(ida, 'contain', '--secret-file', leaked, '--target', 'main', '--account', 'app', '--dry-run')
    assert.equal(page.code, 0, page.stdout + page.stderr)
    assert.match(page.stdout, /app.*service account/i)
    assert.match(page.stdout, /pg:SELECT.*pg:\/\/main\/postgres\/public\.orders/)
  })

  test('of several secrets in one file the one that opens the account is tried, and no other goes to its server', async (t) => {
    const world = await startWithTarget(t, { app: SECRET })
    const { ida, run, file, postgres } = world
    const uri = (user: string, password: string, host: string): string =>
      `postgresql://${user}:${password}@${host}/postgres`
    const here = `127.0.0.1:${postgres.port}`
    const text = [
      `DATABASE_URL=${uri('app', SECRET, here)}`,
      `REPLICA_URL=${uri('app', 'of-another-server', 'other.example:5432')}`,
      `PGUSER=app\nPGPASSWORD=${SECRET}\nREDIS_PASSWORD=of-something-else\n`,
    ].join('\n')
    const leaked = ['contain', '--secret-file', await file('.env', text)]
    const dry = await run(ida, ...leaked, '--dry-run', '--json')
    assert.equal(dry.code, 0, dry.stdout + dry.stderr)
    const page = JSON.parse(dry.stdout) as { place: { account: string }; triedAs: string; logins: string[] }
    assert.deepEqual([page.place.account, page.triedAs, page.logins], ['app', 'a connection URI', []])
    const held = await run(ida, ...leaked, '--because', 'found in a paste', '--yes')
    assert.equal(held.code, 0, held.stdout + held.stderr)
    assert.match(held.stdout, /it is tried with: a connection URI/)
  })

  test('of two passwords without a name the one that is let in is it, and the logins are told', async (t) => {
    const { ida, run, file } = await startWithTarget(t, { app: SECRET })
    const leaked = await file('.env', `REDIS_PASSWORD=of-something-else\nDB_PASSWORD=${SECRET}\n`)
    const held = ['contain', '--secret-file', leaked, '--target', 'main', '--account', 'app']
    const dry = await run(ida, ...held, '--dry-run')
    assert.equal(dry.code, 0, dry.stdout + dry.stderr)
    assert.match(dry.stdout, /it is tried with: the value of DB_PASSWORD/)
    assert.match(dry.stderr, /nothing was changed[^]*used for logins at main as app/)
    const json = await file('leaked.txt', `token = "${SECRET}"\n`)
    const refused = await run(
      ida,
      'contain',
      '--secret-file',
      json,
      '--target',
      'main',
      '--account',
      'app',
      '--dry-run',
    )
    assert.equal(refused.code, 1, refused.stdout)
    assert.match(refused.stderr, /the text was not understood.*--raw/)
    assert.ok(!refused.stderr.includes(SECRET))
  })

  test('a credential of the roll alone leads to its account, where a read of the target brought it', async (t) => {
    const { ida, run, url } = await startWithTarget(t, { app: SECRET, other: `${SECRET}-other` })
    const read = await run(ida, 'import', 'main', '--type', 'target')
    assert.equal(read.code, 0, read.stdout + read.stderr)
    const listed = await fetch(`${url}/v1/credentials?limit=100`, { headers: { authorization: `Bearer ${ida}` } })
    const { items } = (await listed.json()) as { items: { id: string; data: { name?: string } }[] }
    const credential = items.find(({ data }) => data.name === 'password of app')?.id ?? ''
    const dry = await run(ida, 'contain', '--credential', credential, '--dry-run', '--json')
    assert.equal(dry.code, 0, dry.stdout + dry.stderr)
    const page = JSON.parse(dry.stdout) as { place: { account: string; targetName: string }; logins: string[] }
    assert.deepEqual([page.place.account, page.place.targetName, page.logins], ['app', 'main', []])
  })

  test('on the sample estate, from the line of a script that was found: whose it is, where it stands, who must be told', async (t) => {
    const script = readFileSync('samples/data/pipeline/load.py', 'utf8')
    const [line = '', password = ''] = /postgresql:\/\/claims_reader:(\w+)@[^"]+/.exec(script) ?? []
    const world = await startWithTarget(t, { claims_reader: password }, ['--sample'])
    await world.postgres.sql('create database claims')
    const leaked = await world.file('leaked.txt', `${line}\n`)
    const asked = ['contain', '--secret-file', leaked]

    const unknown = await world.run(world.ida, ...asked, '--dry-run')
    assert.equal(unknown.code, 2, unknown.stdout)
    assert.match(unknown.stdout, /data\/pipeline\/load\.py:6 \(the value itself\)/)
    assert.match(unknown.stdout, /Looked at: .*claims-db\.larkfield\.example:5432/)

    // it stood beside another host, and is not sent to this one, whoever asks for it
    const elsewhere = await world.run(world.ida, ...asked, '--target', 'main', '--dry-run')
    assert.equal(elsewhere.code, 2, elsewhere.stdout)
    assert.match(elsewhere.stdout, /beside claims-db\.larkfield\.example:5432, which is no address of this target/)

    const { port } = world.postgres
    const here = line.replace(/@[^/]+\//, `@127.0.0.1:${port}/`)
    const moved = ['contain', '--secret-file', await world.file('moved.txt', `${here}\n`)]
    const dry = await world.run(world.ida, ...moved, '--target', 'main', '--dry-run', '--json')
    const page = JSON.parse(dry.stdout) as {
      place: { account: string; database: string }
      credentials: { id: string }[]
    }
    assert.deepEqual([page.place.account, page.place.database], ['claims_reader', 'claims'])
    assert.equal(page.credentials.length, 1)

    const held = await world.run(world.ida, ...moved, '--because', 'found in a script', '--yes')
    assert.equal(held.code, 0, held.stdout + held.stderr)
    assert.match(held.stdout, /Who must be told/)
    await assert.rejects(world.postgres.session('claims_reader', password, 'claims'), { code: '28000' })
    for (const { stdout, stderr } of [unknown, elsewhere, dry, held]) assert.ok(!(stdout + stderr).includes(password))
    // by its record alone nothing can be tried: that is said, and is not called verified
    const byRecord = ['contain', '--credential', page.credentials[0]?.id ?? '', '--target', 'main', '--account']
    const tried = await world.run(world.ida, ...byRecord, 'claims_reader', '--because', 'a drill', '--yes')
    assert.equal(tried.code, 3, tried.stdout)
    assert.match(tried.stdout, /no credential was offered/)
  })
})
