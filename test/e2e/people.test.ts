// The feed of people from the command line, against a server that runs: what a script that sends it learns.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import { cleanEnvironment, startServer } from './server-in-test.ts'
import type { ServerInTest } from './server-in-test.ts'

const HEADER = 'id,name,email,manager,team,status,start,end\n'

describe('reeve people import', { skip: databaseUnavailable() }, () => {
  let folder: string
  let server: ServerInTest
  let token = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reeve-people-'))
    server = await startServer({ dataDirectory: join(folder, 'data'), args: ['--both-administrations'] })
    const made = await fetch(`${server.url}/v1/bootstrap/administrators`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        administrators: [{ name: 'Ida', email: 'ida@x.example', roles: ['identity-admin', 'access-admin'] }],
      }),
    })
    const { administrators } = (await made.json()) as { administrators: { value: string }[] }
    token = administrators[0]?.value ?? ''
  })
  after(async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })
  const send = async (rows: readonly string[], ...options: string[]) => {
    const file = join(folder, 'people.csv')
    await writeFile(file, `${HEADER}${rows.join('\n')}\n`)
    const env = cleanEnvironment({ REEVE_URL: server.url, REEVE_TOKEN: token, HOME: folder })
    return await reeve(['people', 'import', file, ...options], { env })
  }
  const me = async () => (await fetch(`${server.url}/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status

  test('ends with 1 and says which source where the leaver is another’s; an unknown word is named, and the rest applies', async () => {
    const hr = ['1,Ann,ann@x.example,,t,active,2020-01-01,', '2,Bo,bo@x.example,1,t,active,2020-01-01,']
    assert.equal((await send(hr, '--source', 'hr')).code, 0)
    const other = await send(['2,Bo,bo@x.example,1,t,terminated,2020-01-01,', '3,Cy,cy@x.example,1,t,seconded,,'])
    assert.equal(other.code, 1, other.stdout + other.stderr)
    const said = other.stdout + other.stderr
    assert.match(said, /`2` comes from the source `hr`.*NOT left.*--source hr/)
    assert.match(said, /`seconded`/)
    assert.match(said, /joined\s+1/)
    assert.match(said, /rows left out\s+1/)
    const right = await send(['2,Bo,bo@x.example,1,t,terminated,2020-01-01,'], '--source', 'hr')
    assert.equal(right.code, 0, right.stdout + right.stderr)
    assert.match(right.stdout + right.stderr, /2 left/)
  })

  test('locks out a first administrator whom the feed has under an id of its own', async () => {
    assert.equal(await me(), 200)
    const left = await send(['1001,Ida,IDA@x.example,,t,leaver,2020-01-01,'], '--source', 'hr')
    assert.equal(left.code, 0, left.stdout + left.stderr)
    assert.equal(await me(), 401)
  })
})
