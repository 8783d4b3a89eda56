// Controls, events and bundles of a real server, by the command line.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import { verifyAlone } from '../evidence/bundle-copies.ts'
import { cleanEnvironment, startServer, temporaryFolder } from './server-in-test.ts'

interface Event {
  readonly metadata: { readonly sequence: number; readonly event_code: string }
}

describe('controls and events of a server', { skip: databaseUnavailable() }, () => {
  test('are asked for, tailed and exported', async (t) => {
    const folder = await temporaryFolder(t)
    const dataDirectory = join(folder, 'data')
    const server = await startServer({ dataDirectory, args: ['--sample'] })
    t.after(async () => server.kill())
    const token = await administratorOf(server.url, server.token ?? '')
    const env = cleanEnvironment({ REEVE_URL: server.url, REEVE_TOKEN: token, REEVE_DATA_DIR: dataDirectory })

    const all = await reeve(['controls', '--json'], { env })
    assert.equal(all.code, 1, all.stderr)
    const { controls } = JSON.parse(all.stdout) as { controls: { id: string; outcome: string }[] }
    const outcomes = Object.fromEntries(controls.map(({ id, outcome }) => [id, outcome]))
    assert.deepEqual(
      ['change-has-entry', 'leaver-secrets-changed', 'log-cosigned'].map((id) => outcomes[id]),
      ['pass', 'fail', 'not evaluable'],
    )
    const one = await reeve(['controls', 'change-has-entry'], { env })
    assert.equal(one.code, 0, one.stdout)
    assert.match(one.stdout, /violated by +records left join entries/)
    assert.equal((await reeve(['controls', 'tea'], { env })).code, 2)
    assert.equal((await reeve(['controls', '--at', '2020-01-01'], { env })).code, 0)

    const tail = await reeve(['evidence', 'tail', '--ocsf', '--once'], { env })
    assert.equal(tail.code, 0, tail.stderr)
    const events = tail.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event)
    assert.ok(events.length > 300)
    assert.deepEqual(
      events.map(({ metadata }) => metadata.sequence),
      events.map((_, place) => place),
    )
    // what was written is not written again, and a place that the log does not have is no place to wait at
    const state = join(folder, 'tail.json')
    const kept = ['evidence', 'tail', '--ocsf', '--once', '--state', state]
    const first = await reeve(kept, { env })
    assert.ok(first.stdout.startsWith(tail.stdout), first.stderr)
    const again = await reeve(kept, { env })
    assert.equal(again.code, 0, again.stderr)
    assert.ok(again.stdout.split('\n').length < 5, again.stdout)
    await writeFile(state, JSON.stringify({ cursor: `3.evt_${'0'.repeat(26)}` }))
    const another = await reeve(kept, { env })
    assert.notEqual(another.code, 0)
    assert.match(another.stderr, /another entry at place 3.*restored/)

    const rest = await reeve(['evidence', 'tail', '--after', String(events.length - 3), '--once'], { env })
    const places = rest.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq)
    assert.deepEqual(places.slice(0, 2), [events.length - 2, events.length - 1])

    const exported = await reeve(['evidence', 'export', '--ocsf'], { env })
    assert.equal(exported.code, 0, exported.stderr)
    assert.ok(exported.stdout.startsWith(tail.stdout), 'the same events')
    assert.match(exported.stderr, /events; 0 of types that are in no class/)

    const bundle = join(folder, 'bundle')
    const made = await reeve(['evidence', 'export', '--out', bundle], { env })
    assert.equal(made.code, 0, made.stderr)
    const results = JSON.parse(await readFile(join(bundle, 'controls/results.json'), 'utf8')) as typeof JSON
    assert.ok('seed' in results)
    assert.match(await readFile(join(bundle, 'controls/leaver-secrets-changed.csv'), 'utf8'), /failing,cred_/)
    const verified = await reeve(['verify', resolve(bundle)], { env })
    assert.equal(verified.code, 2, verified.stdout)
    assert.doesNotMatch(verified.stdout, /^failed/m)
    // without Reeve: Node and the bundle alone
    const alone = await verifyAlone(bundle)
    assert.equal(alone.code, 2, alone.text)
    assert.match(alone.text, /passed +populations\/principals\.csv: \d+ rows .* of \d+ only the hash is shown/)
    assert.doesNotMatch(alone.text, /^failed|^cannot +(?! |log key|witnesses)/m)

    // a key that was made and is not announced yet signs no bundle
    assert.equal((await reeve(['keys', 'rotate', 'log'], { env })).code, 0)
    const between = join(folder, 'between')
    assert.equal((await reeve(['evidence', 'export', '--out', between], { env })).code, 0)
    assert.doesNotMatch((await verifyAlone(between)).text, /^failed/m)
    assert.equal(await server.stop(), 0)
  })
})

/** The bootstrap token makes the first administrators, and with them a token that reads evidence. */
async function administratorOf(url: string, bootstrap: string): Promise<string> {
  const response = await fetch(`${url}/v1/bootstrap/administrators`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bootstrap}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      administrators: [{ name: 'Otto', email: 'otto@larkfield.example', roles: ['auditor'] }],
    }),
  })
  const text = await response.text()
  assert.equal(response.status < 300, true, text)
  const { administrators } = JSON.parse(text) as { administrators: { value: string }[] }
  return administrators[0]?.value ?? ''
}
