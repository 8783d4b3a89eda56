// The commands of docs/guides/containing.md, section "For good", word for word but for names of places.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { PASSWORD, postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import type { Ended } from '../scan/run-reeve.ts'
import { startWithTarget } from './target-in-test.ts'

const PSQL = '/usr/bin/psql'
const missing = existsSync(PSQL) ? postgresMissing(18) : 'psql is not here'
const SECRET = 'leaked-4f20c1-and-long-enough'
const GUIDE = readFileSync('docs/guides/containing.md', 'utf8')
const psql = promisify(execFile)

/** Its lines of commands, each as words; comments and where it goes are no part of them. */
function commandsIn(section: string): string[][] {
  const [, text = ''] = GUIDE.split(`\n## ${section}\n`)
  const [own = ''] = text.split('\n## ')
  const lines = own.split('\n').filter((line) => line.startsWith('    '))
  return lines.map((line) => {
    const [command = ''] = line.trim().split(/ {2,}#| > /)
    return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
      ([, single, double, plain]) => single ?? double ?? plain ?? '',
    )
  })
}

test(
  'the guide leads to a revoke that is verified, whose objects the successor has',
  { skip: missing, timeout: 180_000 },
  async (t) => {
    const world = await startWithTarget(t, { claims_reader: SECRET })
    const { postgres, ida, ben, run, folder, file } = world
    await postgres.sql('create database claims')
    await postgres.sql('create table kept (id int); alter table kept owner to claims_reader', 'claims')
    const leaked = await file('leaked.txt', SECRET)
    let prepared = ''
    let plan = ''
    const asSuperuser = async (words: readonly string[]): Promise<void> => {
      const env = { PGHOST: '127.0.0.1', PGPORT: String(postgres.port), PGPASSWORD: PASSWORD, PATH: '/usr/bin:/bin' }
      await psql(PSQL, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...words], { env })
    }
    const here = (word: string): string => {
      if (word === 'claims-db') return 'main'
      if (word === 'leaked.txt') return leaked
      if (word === 'PLAN') return plan
      return word.startsWith('/var/lib/reeve/') ? join(folder, 'data', 'secrets', 'main') : word
    }
    const asked: Record<string, Ended> = {}
    for (const [program, ...words] of commandsIn('For good')) {
      const given = words.map(here)
      if (program === 'psql') {
        await asSuperuser(given.map((word) => (word === 'admin.sql' ? prepared : word)))
        continue
      }
      assert.equal(program, 'reeve')
      const isApproval = given[1] === 'approve'
      const ended = await run(isApproval ? ben : ida, ...given, ...(isApproval ? ['--yes'] : []))
      asked[given.includes('--dry-run') ? 'look' : (given[1] ?? '')] = ended
      if (given[1] === 'prepare') prepared = await file('admin.sql', ended.stdout)
      plan = /^Plan (pln_\w+)/m.exec(ended.stderr)?.[1] ?? plan
    }
    const codes = Object.fromEntries(Object.entries(asked).map(([command, { code }]) => [command, code]))
    const said = JSON.stringify(asked, null, 2)
    assert.deepEqual(codes, { prepare: 0, change: 0, doctor: 0, look: 0, make: 3, approve: 0, run: 0 }, said)
    assert.match(asked['look']?.stdout ?? '', /1 objects to claims_owner/)
    assert.match(asked['approve']?.stdout ?? '', /what it owns goes to: claims_owner[^]*Outcome: verified/)
    const owner = `select pg_get_userbyid(relowner) as owner from pg_class where relname = 'kept'`
    assert.deepEqual(await postgres.sql(owner, 'claims'), [{ owner: 'claims_owner' }])
    assert.deepEqual(await postgres.sql("select from pg_roles where rolname = 'claims_reader'"), [])
  },
)
