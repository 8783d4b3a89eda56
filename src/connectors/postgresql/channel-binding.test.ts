// Over TLS the proof of the password holds for this one connection: who sits in between cannot pass it on, whatever their
// certificate.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { databaseAccount } from '../../db/embedded/account.ts'
import type { TargetAddress, TargetCall } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import { MAJORS, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { probe } from './probe.ts'

const run = promisify(execFile)
const SECRET = 'leaked-3fe0d1'

for (const major of MAJORS) {
  describe(`over TLS, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    let between: { readonly server: Server; readonly address: TargetAddress }
    let trusted = ''
    before(async () => {
      server = await startPostgres(major)
      await server.sql(`create role app login password '${SECRET}'`)
      await server.administered(['app'])
      const [own, other] = [await certificate(server, 'own'), await certificate(server, 'other')]
      await server.restart({ ssl: 'on', ssl_cert_file: own.certificate, ssl_key_file: own.key })
      trusted = `${await readFile(own.certificate, 'utf8')}${await readFile(other.certificate, 'utf8')}`
      between = await inBetween(server.port, await readFile(other.key), await readFile(other.certificate))
    })
    after(async () => {
      between?.server.close()
      await server?.stop()
    })
    const callAt = (address: TargetAddress): TargetCall => {
      const call = server.call({ address, tls: 'verify', ca: 'file:ca' })
      return { ...call, secretOf: async (name) => (name === 'file:ca' ? trusted : await call.secretOf(name)) }
    }

    test('the administrative role and the prober sign in, bound to the connection', async () => {
      const call = callAt({ host: '127.0.0.1', port: server.port })
      const [row] = await asAdministrator(call, { for: 'asking' }, async ({ rows }) =>
        rows<{ ssl: boolean }>('select ssl from pg_stat_ssl where pid = pg_backend_pid()'),
      )
      assert.equal(row?.ssl, true)
      const { places } = await probe(call, { user: 'app', credential: offered(SECRET) })
      assert.equal(places[0]?.outcome, 'accepted', places[0]?.answer)
    })

    test('who sits in between with a certificate that is trusted gets nobody in, and proves nothing', async () => {
      const call = callAt(between.address)
      await assert.rejects(
        asAdministrator(call, { for: 'asking' }, async () => 'in'),
        /somebody in between ends TLS/,
      )
      const { places } = await probe(call, { user: 'app', credential: offered(SECRET) })
      assert.equal(places[0]?.outcome, 'unproven', JSON.stringify(places))
    })
  })
}

/** Below the server's own folder, as it wants them. */
async function certificate(
  { socketFolder }: TestPostgres,
  name: string,
): Promise<{ readonly key: string; readonly certificate: string }> {
  const [key, file] = [join(socketFolder, `${name}.key`), join(socketFolder, `${name}.crt`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', file]
  await run('openssl', [...made, ...subject])
  const account = databaseAccount()
  if (account !== undefined) await chown(key, account.uid, account.gid)
  await chmod(key, 0o600)
  return { key, certificate: file }
}

/** Ends TLS with its own certificate, and passes on to the server, over TLS, whatever is said. */
async function inBetween(
  port: number,
  key: Buffer,
  cert: Buffer,
): Promise<{ readonly server: Server; readonly address: TargetAddress }> {
  const server = createServer((client: Socket) => {
    client.on('error', () => undefined)
    client.once('data', () => {
      client.write('S')
      const plain = new TLSSocket(client, { isServer: true, key, cert })
      void onwards(port, plain)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } }
}

async function onwards(port: number, plain: TLSSocket): Promise<void> {
  plain.on('error', () => undefined)
  const raw = connect(port, '127.0.0.1')
  raw.on('error', () => undefined)
  // SSLRequest
  raw.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]))
  await once(raw, 'data')
  const upstream = connectTls({ socket: raw, rejectUnauthorized: false })
  upstream.on('error', () => undefined)
  plain.pipe(upstream)
  upstream.pipe(plain)
}
