// Private keys in OpenSSH's own form. The header says whether the key is encrypted and carries the public half; the
// private half is only ever fingerprinted. PEM keys are the certificates connector's.
import type { CredentialFact, Observation } from '#kernel'
import { accountOfHome, hostFileRef, hostMachine, hostOf, hostUser } from '../host-of.ts'
import { pemBlocks } from '../pem.ts'
import type { ReadContext, UntrustedFile } from '../port.ts'
import { readPrivateKey } from '../private-key.ts'

export function* discoverPrivateKeys(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const host = hostOf(file.path, context)
  const account = /(?:^|\/)\.ssh\//.test(file.path) ? accountOfHome(host.inner) : ''
  const ofHost = /(?:^|\/)ssh_host_\w+_key$/.test(file.path)
  for (const block of pemBlocks(file.text())) {
    if (block.label !== 'OPENSSH PRIVATE KEY') continue
    const provenance = {
      connector: 'openssh',
      file: file.path,
      startLine: block.startLine,
      endLine: block.endLine,
    }
    const { refs, encrypted, keyType, keyBits, opaque, secret } = readPrivateKey(block)
    if (opaque) {
      const message = 'this OpenSSH private key does not parse: it is damaged or cut short'
      yield { type: 'problem', connector: 'openssh', file: file.path, startLine: block.startLine, message }
      continue
    }
    const machine = ofHost ? hostMachine(host, provenance, { mentioned: true }) : undefined
    if (machine !== undefined) yield machine
    const [first, ...aliases] = [...refs, ...(host.inner.startsWith('/') ? [hostFileRef(host, host.inner)] : [])]
    const fact: CredentialFact = {
      type: 'credential',
      ...(first === undefined ? {} : { ref: first }),
      aliases,
      credentialType: 'private_key',
      // what is encrypted is there, but its value is not
      exposure: encrypted ? 'record' : 'embedded',
      ...(machine === undefined ? {} : { principal: machine.ref }),
      fingerprint: context.fingerprint(secret),
      name: file.path.slice(file.path.lastIndexOf('/') + 1),
      rule: encrypted ? 'encrypted-private-key' : 'private-key',
      confidence: encrypted ? 0.1 : 0.99,
      attributes: {
        encrypted,
        passphraseProtected: encrypted,
        ...(keyType === undefined ? {} : { keyType }),
        ...(keyBits === undefined ? {} : { keyBits }),
      },
      provenance,
    }
    yield fact
    if (account === '' || first === undefined) continue
    const user = hostUser(host, account, provenance)
    yield user
    yield { type: 'consumer', principal: user.ref, credential: { ref: first }, provenance }
  }
}
