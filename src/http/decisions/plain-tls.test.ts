import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { certificationState } from '../../access/authzen/certification-in-test.ts'
import { pointInTest } from './point-in-test.ts'

test('plain requests are read under TLS too', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-tls-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1']
  try {
    execFileSync('openssl', [...made, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  } catch {
    t.skip('no openssl on this machine')
    return
  }
  let plain = 0
  const point = await pointInTest(await certificationState(), {
    settings: { tls: { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') } },
    plain: (own) => ({
      answer: (asked) => {
        const answer = own?.answer(asked)
        if (answer !== undefined) plain++
        return answer
      },
    }),
  })
  t.after(async () => point.close())
  const socket = connect({ port: Number(new URL(point.url).port), host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const body =
    '{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}'
  const head = `Host: localhost\r\nAuthorization: Bearer ${point.token}\r\nContent-Type: application/json\r\n`
  const ask = async (bytes: string): Promise<string> => {
    socket.write(bytes)
    return String((await once(socket, 'data'))[0])
  }
  const path = '/access/v1/evaluation'
  const asked = `POST ${path} HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`
  assert.match(await ask(asked), /"decision":true/)
  assert.match(await ask(asked), /^HTTP\/1\.1 200 OK\r\n[^]*Strict-Transport-Security/)
  assert.equal(plain, 2)
  assert.match(await ask(`GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n`), /^HTTP\/1\.1 404 /)
  socket.destroy()
})
