// A server with the two persons that most acts need: Ida administers identities and access, Ben administers access and
// approves; and the command as either of them.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { reeve } from '../scan/run-reeve.ts'
import type { Ended } from '../scan/run-reeve.ts'
import { cleanEnvironment, startServer } from './server-in-test.ts'
import type { ServerInTest, ServerOptions } from './server-in-test.ts'

export interface Persons {
  readonly url: string
  /** Of this test alone. */
  readonly folder: string
  readonly ida: string
  readonly ben: string
  readonly run: (token: string, ...args: string[]) => Promise<Ended>
  readonly stderr: () => string
  readonly pid: number
  readonly post: (token: string, path: string, body: object, status?: number) => Promise<{ id: string }>
}

/** Both are gone after the test. */
export async function startWithPersons(
  t: TestContext,
  more: readonly string[] = [],
  options: Partial<ServerOptions> = {},
): Promise<Persons> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-persons-'))
  const dataDirectory = join(folder, 'data')
  const server = await startServer({ ...options, dataDirectory, args: ['--both-administrations', ...more] })
  t.after(async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })
  const { post, ida, ben } = await personsOf(server)
  return {
    url: server.url,
    stderr: server.stderr,
    pid: server.pid,
    folder,
    ida,
    ben,
    run: async (token, ...args) =>
      await reeve(args, { env: cleanEnvironment({ REEVE_URL: server.url, REEVE_TOKEN: token, HOME: folder }) }),
    post,
  }
}

export type Post = Persons['post']

/** At the first start of a server with `--both-administrations`. */
export async function personsOf(
  server: Pick<ServerInTest, 'url' | 'token'>,
): Promise<Pick<Persons, 'post' | 'ida' | 'ben'>> {
  const post = postTo(() => server.url)
  const made = (await post(server.token ?? '', '/v1/bootstrap/administrators', {
    administrators: [
      { name: 'Ida', email: 'ida@x.example', roles: ['identity-admin', 'access-admin'] },
      { name: 'Ben', email: 'ben@x.example', roles: ['access-admin'] },
    ],
  })) as unknown as { administrators: { value: string; personId: string }[] }
  const [ida = '', ben = ''] = made.administrators.map(({ value }) => value)
  await post(ida, '/v1/roles', { subjectId: made.administrators[1]?.personId, role: 'approver', reason: 'a test' })
  return { post, ida, ben }
}

/** The server of this moment: one that was started again has another address. */
export const postTo =
  (url: () => string): Post =>
  async (token, path, body, status = 201) => {
    const response = await fetch(`${url()}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-match': '*' },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    assert.equal(response.status, status, text)
    return JSON.parse(text) as { id: string }
  }
