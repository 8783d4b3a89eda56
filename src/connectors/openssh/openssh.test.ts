// OpenSSH files: fingerprints as ssh-keygen prints them, options, and nothing of a private key but its fingerprint.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { asText, offer, only } from '../offer-in-test.ts'
import { openssh } from './openssh.ts'

const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined
const folder = mkdtempSync(join(tmpdir(), 'reeve-ssh-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function generate(name: string, ...options: string[]): { secret: string; open: string; printed: string } {
  const path = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-f', path, '-C', `${name}@larkfield.example`, ...options])
  return {
    secret: readFileSync(path, 'utf8'),
    open: readFileSync(`${path}.pub`, 'utf8'),
    printed: execFileSync('ssh-keygen', ['-l', '-f', `${path}.pub`], { encoding: 'utf8' }).trim(),
  }
}

const ED =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHmdL66MkkOvncpc0W4MdvlJZMfQthHiOUv+XKm7gvzE iain.calloway@larkfield.example'

test('fingerprints are those that ssh-keygen prints', { skip: !hasKeygen && 'no ssh-keygen' }, () => {
  const kinds = [
    ['rsa', '-t', 'rsa', '-b', '2048', '-N', ''],
    ['ecdsa256', '-t', 'ecdsa', '-b', '256', '-N', ''],
    ['ecdsa521', '-t', 'ecdsa', '-b', '521', '-N', ''],
    ['ed25519', '-t', 'ed25519', '-N', ''],
  ] as const
  for (const [name, ...options] of kinds) {
    const { open, secret, printed } = generate(name, ...options)
    const [bits, fingerprint] = printed.split(' ')
    const [key] = only(offer(openssh, `${name}.pub`, open), 'credential')
    assert.equal(key?.ref, `ssh:key/${fingerprint}`)
    assert.equal(key?.attributes?.['keyBits'], Number(bits))
    const [privateKey] = only(offer(openssh, `id_${name}`, secret), 'credential')
    assert.equal(privateKey?.ref, key?.ref, 'a private key joins its public half')
    assert.equal(privateKey?.exposure, 'embedded')
  }
})

test('an encrypted private key is recorded, not leaked', { skip: !hasKeygen && 'no ssh-keygen' }, () => {
  const { secret, printed } = generate('locked', '-t', 'ed25519', '-N', 'a long pass phrase')
  const [key] = only(offer(openssh, 'home/deploy/.ssh/id_ed25519', secret), 'credential')
  assert.equal(key?.exposure, 'record')
  assert.equal(key?.attributes?.['encrypted'], true)
  assert.equal(key?.ref, `ssh:key/${printed.split(' ')[1]}`)
})

test('a certificate says whom it is for and until when', { skip: !hasKeygen && 'no ssh-keygen' }, () => {
  generate('authority', '-t', 'ed25519', '-N', '')
  generate('worker', '-t', 'ed25519', '-N', '')
  const sign = ['-q', '-s', join(folder, 'authority'), '-I', 'worker-7', '-n', 'deploy,backup']
  execFileSync('ssh-keygen', sign.concat('-V', '20250101:20350101', join(folder, 'worker.pub')))
  const [key] = only(
    offer(openssh, 'worker-cert.pub', readFileSync(join(folder, 'worker-cert.pub'), 'utf8')),
    'credential',
  )
  assert.match(key?.expiresAt ?? '', /^2034-12-31|^2035-01-01/)
  const certificate = key?.attributes?.['sshCertificate'] as Record<string, unknown>
  assert.deepEqual(certificate['principals'], ['deploy', 'backup'])
  assert.equal(certificate['keyId'], 'worker-7')
})

test('no part of a private key leaves the connector', { skip: !hasKeygen && 'no ssh-keygen' }, () => {
  const { secret } = generate('quiet', '-t', 'rsa', '-b', '2048', '-N', '')
  const text = asText(offer(openssh, 'id_rsa', secret))
  for (const row of secret.split('\n').slice(1, -2)) assert.ok(!text.includes(row))
})

test('authorized_keys says which account a key opens and what holds it back', () => {
  const facts = offer(
    openssh,
    'hosts/web-1/home/deploy/.ssh/authorized_keys',
    `# comment\r\nfrom="10.0.0.0/8,*.example",command="/usr/bin/rsync --server \\"a, b\\"",restrict ${ED}\r\n${ED}\r\n`,
  )
  const [account] = only(facts, 'principal')
  assert.equal(account?.externalId, 'web-1:deploy')
  assert.equal(account?.mentioned, true)
  const [held, free] = only(facts, 'credential')
  assert.equal(held?.principal, account?.ref)
  assert.equal(held?.provenance.startLine, 2)
  assert.deepEqual(held?.attributes?.['opens:web-1:deploy'], {
    options: ['command', 'from', 'restrict'],
    from: ['10.0.0.0/8', '*.example'],
    command: '/usr/bin/rsync',
  })
  assert.deepEqual(free?.attributes?.['opens:web-1:deploy'], { options: [], from: [] })
})

test('the account is found by path, whatever the layout', () => {
  const accountOf = (path: string): string | undefined => only(offer(openssh, path, `${ED}\n`), 'principal')[0]?.name
  assert.equal(accountOf('db-2/root/.ssh/authorized_keys'), 'root')
  assert.equal(accountOf('db-2/etc/ssh/authorized_keys/backup'), 'backup')
  assert.equal(accountOf('Users/maren/.ssh/authorized_keys2'), 'maren')
  assert.equal(accountOf('keys/gitolite/authorized_keys'), 'gitolite')
  assert.equal(accountOf('authorized_keys'), 'authorized_keys')
})

test('a damaged line is one problem with its line; the next key is read', () => {
  const facts = offer(openssh, 'root/.ssh/authorized_keys', `ssh-ed25519 AAAA%%% x\nnonsense\n${ED}\n`)
  assert.deepEqual(
    only(facts, 'problem').map(({ startLine }) => startLine),
    [1, 2],
  )
  assert.equal(only(facts, 'credential').length, 1)
})

test('a secret in an environment option is fingerprinted and never shown', () => {
  const facts = offer(
    openssh,
    'home/ci/.ssh/authorized_keys',
    `environment="DEPLOY_TOKEN=q8Zt2Lm9Xc4Vb7Nw1Rk5Hj3Fd6Gs0Pa" ${ED}\n`,
  )
  const leaked = only(facts, 'credential').find(({ exposure }) => exposure === 'embedded')
  assert.equal(leaked?.name, 'DEPLOY_TOKEN')
  assert.ok(!asText(facts).includes('q8Zt2Lm9Xc4Vb7Nw1Rk5'))
})

test('known_hosts yields authorities and revoked keys only', () => {
  const facts = offer(
    openssh,
    'etc/ssh/ssh_known_hosts',
    `@cert-authority *.larkfield.example ${ED}\n@revoked * ${ED}\nweb-1 ${ED}\n`,
  )
  const keys = only(facts, 'credential')
  assert.equal(keys.length, 2)
  assert.deepEqual(keys[0]?.attributes?.['hostPatterns'], ['*.larkfield.example'])
  assert.equal(keys[1]?.enabled, false)
})

test('sshd_config keeps the order of its settings and knows Match blocks', () => {
  const facts = offer(
    openssh,
    'hosts/web-1/etc/ssh/sshd_config',
    'Include /etc/ssh/sshd_config.d/*.conf\nPasswordAuthentication no # not here\nPermitRootLogin=prohibit-password\nMACs hmac-sha1,hmac-sha2-256\nCiphers -3des-cbc\nMatch User sftp\n  PasswordAuthentication yes\n',
  )
  const [host] = only(facts, 'principal')
  assert.equal(host?.externalId, 'web-1')
  const attribute = host?.attributes?.['sshd_config:hosts/web-1/etc/ssh/sshd_config'] as Record<string, unknown>
  assert.deepEqual((attribute['settings'] as Record<string, unknown>)['passwordauthentication'], [
    { value: 'no', line: 2, match: '' },
    { value: 'yes', line: 7, match: 'User sftp' },
  ])
  assert.deepEqual(attribute['weakAlgorithms'], ['hmac-sha1'])
  assert.equal(only(facts, 'blind_spot').length, 1)
})

test('a key file that a client configuration names is that file', { skip: !hasKeygen && 'no ssh-keygen' }, () => {
  const { secret } = generate('named', '-t', 'ed25519', '-N', '')
  const file = only(offer(openssh, 'h/home/ci/.ssh/id_deploy', secret), 'credential')[0]
  const named = offer(openssh, 'h/home/ci/.ssh/config', 'Host git\n  IdentityFile ~/.ssh/id_deploy\n')
  const reference = only(named, 'credential')[0]
  assert.equal(reference?.exposure, 'reference')
  assert.ok(reference?.ref !== undefined && file?.aliases?.includes(reference.ref))
})

test('a megabyte on one line is read at once', () => {
  const started = performance.now()
  for (const line of [`command="${'a'.repeat(1_000_000)}`, `ssh-rsa ${'A'.repeat(1_000_000)}`, ' '.repeat(1_000_000)])
    offer(openssh, 'root/.ssh/authorized_keys', line)
  offer(openssh, 'etc/ssh/sshd_config', `Match${' '.repeat(1_000_000)}\r x`)
  assert.ok(performance.now() - started < 2000)
})
