import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { COMMAND, reeve } from '../../test/scan/run-reeve.ts'
import type { Ended } from '../../test/scan/run-reeve.ts'

const PLAN = {
  id: 'pln_1',
  version: 1,
  data: { operation: 'contain', account: 'app', targetName: 'main', state: 'running', steps: [] },
}
const ENDS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'a lost connection': (response) => response.destroy(),
  'an answer of 500': (response) => response.writeHead(500).end(),
  'an answer of 429': (response) => response.writeHead(429).end(),
}

async function listening(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server that takes the plan, or ends before it says so; whatever is asked afterwards ends as said. */
async function serverThat(
  t: TestContext,
  ends: (response: ServerResponse) => void,
  takes: boolean,
): Promise<(...args: string[]) => Promise<Ended>> {
  const url = await listening(t, (request, response) => {
    if (request.method === 'POST' && takes)
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(PLAN))
    else ends(response)
    request.resume()
  })
  return async (...args) => await reeve(args, { env: { REEVE_URL: url, REEVE_TOKEN: 'reeve_p_none' } })
}

const MAKE = ['plan', 'make', 'contain', '--target', 'main', '--account', 'app', '--because', 'a test']

describe('a plan that was asked for, and no answer after it', () => {
  for (const [name, ends] of Object.entries(ENDS))
    test(`${name} while it is followed is not known (3), with its id, and never "nothing was done"`, async (t) => {
      const run = await serverThat(t, ends, true)
      const { code, stderr } = await run(...MAKE)
      assert.equal(code, 3, stderr)
      assert.match(stderr, /Plan pln_1 was taken, and goes on at the server; `reeve plan show pln_1`/)
      const json = await run(...MAKE, '--json')
      assert.equal(json.code, 3)
      assert.equal((JSON.parse(json.stdout) as { plan: { id: string } }).plan.id, 'pln_1')
    })

  test('whoever ends it meanwhile is told that the plan goes on, or may', async (t) => {
    for (const [takes, words] of [
      [true, /^Plan pln_1 was taken, and goes on at the server; `reeve plan show pln_1` says how it ends\.$/m],
      [false, /^It is not known whether the plan was taken: `reeve plan list` says which there are\.$/m],
    ] as const) {
      let child: ChildProcess | undefined
      const server = await listening(t, (request, response) => {
        if (request.method === 'POST' && takes)
          response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(PLAN))
        // what is asked then gets no answer
        else child?.kill('SIGINT')
      })
      const env = { ...process.env, REEVE_URL: server, REEVE_TOKEN: 'reeve_p_none' }
      child = spawn(process.execPath, [COMMAND, ...MAKE], { env, stdio: ['ignore', 'ignore', 'pipe'] })
      const said = child.stderr === null ? '' : text(child.stderr)
      const [code] = (await once(child, 'exit')) as [number | null]
      assert.equal(code, 130)
      assert.match(await said, words)
    }
  })

  test('a connection lost before the answer may have made one: 3; a refusal made none', async (t) => {
    const lost = await (await serverThat(t, (response) => response.destroy(), false))(...MAKE)
    assert.equal(lost.code, 3, lost.stderr)
    assert.match(lost.stderr, /not known whether the plan was taken: `reeve plan list`/)
    const refused = await (await serverThat(t, (response) => response.writeHead(403).end(), false))(...MAKE)
    assert.equal(refused.code, 1, refused.stderr)
    const gone = createServer()
    await new Promise<void>((done) => {
      gone.listen(0, '127.0.0.1', done)
    })
    const url = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`
    await new Promise((done) => {
      gone.close(done)
    })
    const nobody = await reeve(MAKE, { env: { REEVE_URL: url, REEVE_TOKEN: 'reeve_p_none' } })
    assert.equal(nobody.code, 2, nobody.stderr)
  })
})
