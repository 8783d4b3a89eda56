import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { credentialRef, newId } from '#kernel'
import type { Id, Ref } from '#kernel'
import { createWithEntries } from '#evidence/port'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { CredentialRecord, CredentialState } from '../record/credential-record.ts'
import { CREDENTIAL } from '../record/tables.ts'
import { challengeBinding, proveBinding } from './prove-binding.ts'
import type { BindingProof } from './prove-binding.ts'
import { registerPrincipal } from './register.ts'
import { person, rollInTest } from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { SSH_NAMESPACE } from './signed-by.ts'

const sshKeygen = (() => {
  try {
    execFileSync('ssh-keygen', ['-Y', 'find-principals'], { stdio: 'pipe' })
    return true
  } catch (error) {
    return (error as { code?: string }).code !== 'ENOENT'
  }
})()

const spki = (key: KeyObject): Ref =>
  credentialRef.publicKey(
    createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
  )
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()

describe('proof that a principal is what it is said to be', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let count = 0
  const registered = async (): Promise<string> =>
    (
      await registerPrincipal(roll.identity, roll.act('admin'), {
        kind: 'workload',
        system: 'host',
        name: 'build',
        externalId: `build-${count++}`,
        owner: person('ada'),
      })
    ).id
  const record = async (
    principalId: string,
    refs: readonly Ref[],
    state: CredentialState = 'live',
  ): Promise<string> => {
    const id = newId('credential')
    const data: CredentialRecord = {
      type: 'ssh_public_key',
      refs,
      principalId: principalId as Id<'principal'>,
      alsoOf: [],
      consumers: [],
      fingerprints: [],
      locations: [],
      locationCount: 0,
      attributes: {},
      rotateWithinDays: 365,
      state,
      effect: 'not_applied',
      source: 'test',
    }
    await roll.identity.db.transaction(async (tx) => {
      await createWithEntries(tx, CREDENTIAL, roll.act('admin'), [{ id, data, words: { type: 'credential.recorded' } }])
    })
    return id
  }
  const challenged = (id: string) => challengeBinding(roll.identity, roll.act('ada'), { id })
  const prove = (id: string, proof: BindingProof, who = 'ada') =>
    proveBinding(roll.identity, roll.act(who), { id, proof })
  const raw = (nonce: string, key: KeyObject, signature: Buffer): BindingProof => ({
    how: 'challenge',
    nonce,
    signed: { format: 'raw', publicKey: pem(key), signature: signature.toString('base64') },
  })

  before(async () => {
    roll = await rollInTest(testDatabase)
    for (const feedId of ['admin', 'ada', 'ben']) await roll.addPerson(feedId)
  })
  after(async () => {
    assert.deepEqual(await roll.versionsWithoutTheirEntry(), [])
    await roll.close()
  })

  test('a challenge that was signed with a live key of the principal binds it, for each kind of key', async () => {
    for (const [pair, hash] of [
      [generateKeyPairSync('ed25519'), null],
      [generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
      [generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256'],
    ] as const) {
      const id = await registered()
      const credentialId = await record(id, [spki(pair.publicKey)])
      const { nonce, message } = await challenged(id)
      const proof = raw(nonce, pair.publicKey, sign(hash, Buffer.from(message), pair.privateKey))
      const made = await prove(id, proof)
      assert.equal(made.data.binding?.how, 'challenge')
      assert.ok(made.data.binding.reason.includes(credentialId))
      await assert.rejects(prove(id, proof), /used or has expired/)
    }
  })

  test('a signature by another key, of another principal, of other bytes, or too late, binds nothing', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const other = generateKeyPairSync('ed25519')
    const [id, stranger] = [await registered(), await registered()]
    await record(id, [spki(publicKey)])
    const signed = (text: string, key = privateKey): Buffer => sign(null, Buffer.from(text), key)
    const { nonce, message } = await challenged(id)
    const theirs = await challenged(stranger)
    const flipped = signed(message)
    flipped[0] = (flipped[0] ?? 0) ^ 1
    for (const [at, proof] of [
      [id, raw(nonce, other.publicKey, signed(message, other.privateKey))],
      [id, raw(nonce, publicKey, signed(message, other.privateKey))],
      [id, raw(nonce, publicKey, signed(nonce))],
      [id, raw(nonce, publicKey, flipped)],
      [id, raw(nonce, publicKey, Buffer.alloc(0))],
      [id, raw(theirs.nonce, publicKey, signed(theirs.message))],
      [stranger, raw(nonce, publicKey, signed(message))],
      [stranger, raw(theirs.nonce, publicKey, signed(theirs.message))],
    ] as const) {
      await assert.rejects(prove(at, proof), { code: 'unprocessable' })
    }
    roll.pass(1)
    await assert.rejects(prove(id, raw(nonce, publicKey, signed(message))), /used or has expired/)
  })

  test('a key that is revoked or leaked, a private key, a weak one and junk bind nothing', async () => {
    const id = await registered()
    for (const state of ['leaked', 'revoked', 'rotated'] as const) {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519')
      await record(id, [spki(publicKey)], state)
      const { nonce, message } = await challenged(id)
      await assert.rejects(
        prove(id, raw(nonce, publicKey, sign(null, Buffer.from(message), privateKey))),
        /no live credential/,
      )
    }
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
    await record(id, [spki(weak.publicKey)])
    const { nonce, message } = await challenged(id)
    const proof = raw(nonce, weak.publicKey, sign('sha256', Buffer.from(message), weak.privateKey))
    await assert.rejects(prove(id, proof), /less than 2048/)
    const secret = weak.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    for (const [publicKey, expected] of [
      [secret, /private key/],
      ['junk', /no public key/],
      ['-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', /no public key/],
    ] as const) {
      const signed = { format: 'raw', publicKey, signature: 'AA==' } as const
      await assert.rejects(prove(id, { how: 'challenge', nonce, signed }), (error: Error) => {
        assert.match(error.message, expected)
        return !error.message.includes('MII')
      })
    }
  })

  test(
    'what ssh-keygen signs binds, in its namespace only',
    { skip: sshKeygen ? false : 'no ssh-keygen here' },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'reeve-binding-'))
      try {
        for (const [type, bits] of [
          ['ed25519', '256'],
          ['rsa', '2048'],
          ['ecdsa', '256'],
          ['ecdsa', '521'],
        ] as const) {
          const key = join(folder, `${type}-${bits}`)
          execFileSync('ssh-keygen', ['-q', '-t', type, '-b', bits, '-N', '', '-f', key])
          const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-l', '-f', key], { encoding: 'utf8' }).split(' ')
          const id = await registered()
          await record(id, [credentialRef.sshKey(fingerprint)])
          const { nonce, message } = await challenged(id)
          const signedIn = (namespace: string, text: string): BindingProof => {
            const file = join(folder, 'message')
            writeFileSync(file, text)
            rmSync(`${file}.sig`, { force: true })
            execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', key, file], { stdio: 'pipe' })
            return {
              how: 'challenge',
              nonce,
              signed: { format: 'ssh', signature: readFileSync(`${file}.sig`, 'utf8') },
            }
          }
          await assert.rejects(prove(id, signedIn('file', message)), /in the namespace/)
          await assert.rejects(prove(id, signedIn(SSH_NAMESPACE, `${message} `)), /does not hold/)
          const made = await prove(id, signedIn(SSH_NAMESPACE, `${message}\n`))
          assert.equal(made.data.binding?.how, 'challenge', type)
        }
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )

  test('only the owner who accepted can assert a binding, with a reason that is kept', async () => {
    const id = await registered()
    const proof: BindingProof = { how: 'assertion', reason: 'I installed it on build-7', teamIds: [] }
    await assert.rejects(prove(id, proof, 'ben'), { code: 'forbidden' })
    await assert.rejects(prove(id, { ...proof, reason: '' }), { code: 'unprocessable' })
    const made = await prove(id, proof)
    assert.equal(made.data.binding?.reason, proof.reason)
    assert.deepEqual(await roll.entriesOf(id), ['principal.registered', 'principal.binding_proved'])
  })
})
