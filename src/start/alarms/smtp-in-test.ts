// A mail server that is not ours (smtp-server), with a certificate of an authority of its own.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerOptions } from 'smtp-server'

interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string | undefined
  readonly secure: boolean
  readonly source: string
}

export interface MailServer {
  readonly at: string
  /** A file with the certificate that is to be trusted. */
  readonly ca: string
  readonly received: ReceivedMail[]
  readonly connections: () => number
}

export const opensslMissing = (): string | false =>
  spawnSync('openssl', ['version']).error !== undefined && 'no openssl to make a certificate with'

export async function startMailServer(t: TestContext, options: SMTPServerOptions = {}): Promise<MailServer> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-smtp-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const made = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    ...names,
  ]
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const received: ReceivedMail[] = []
  let connections = 0
  const server = new SMTPServer({
    key: readFileSync(key),
    cert: readFileSync(cert),
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === USER && password === PASSWORD) done(null, { user: username })
      // as an unkind server may: with the password in its answer
      else done(new Error(`no such user or password: ${String(password)}`))
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const from = mailFrom === false ? '' : mailFrom.address
        const { user, secure } = session as { user?: string; secure: boolean }
        received.push({
          from,
          to: rcptTo.map(({ address }) => address),
          user,
          secure,
          source: Buffer.concat(chunks).toString(),
        })
        done()
      })
    },
    ...options,
    onConnect: (session, done) => {
      connections += 1
      if (options.onConnect === undefined) done()
      else options.onConnect(session, done)
    },
  })
  server.on('error', () => undefined)
  const { port } = await new Promise<AddressInfo>((resolve) => {
    const listening = server.listen(0, '127.0.0.1', () => resolve(listening.address() as AddressInfo))
  })
  t.after(async () => new Promise<void>((resolve) => server.close(() => resolve())))
  return { at: `localhost:${port}`, ca: cert, received, connections: () => connections }
}

export const USER = 'reeve'
export const PASSWORD = 'of-the-mail-server-9c41'
