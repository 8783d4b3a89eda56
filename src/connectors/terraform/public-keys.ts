// Public keys and certificates that state holds beside their private halves.
import { credentialRef } from '#kernel'
import { readSshPublicKey } from '../ssh-public-key.ts'
import { attribute, placeIn } from './reading.ts'
import type { ReadResource } from './reading.ts'

/** `name` is the attribute with the key in OpenSSH's one-line form. */
const sshKey = (name: string): ReadResource =>
  function* (resource, reading) {
    const body = (attribute(resource, name) ?? '').trim().split(/\s+/)[1]
    const key = body === undefined ? undefined : readSshPublicKey(Buffer.from(body, 'base64'))
    if (key === undefined) return
    yield {
      type: 'credential',
      ref: credentialRef.sshKey(key.fingerprint),
      ...(key.spkiSha256 === undefined ? {} : { aliases: [credentialRef.publicKey(key.spkiSha256)] }),
      credentialType: 'ssh_public_key',
      exposure: 'public',
      name: attribute(resource, 'key_name') ?? attribute(resource, 'title') ?? resource.address,
      attributes: { sshFingerprint: key.fingerprint, keyType: key.keyType, keyBits: key.keyBits },
      provenance: placeIn(reading, resource, name),
    }
  }

export const PUBLIC_KEY_RESOURCES: Readonly<Record<string, ReadResource>> = {
  aws_key_pair: sshKey('public_key'),
  aws_lightsail_key_pair: sshKey('public_key'),
  tls_private_key: sshKey('public_key_openssh'),
  github_user_ssh_key: sshKey('key'),
  digitalocean_ssh_key: sshKey('public_key'),
  hcloud_ssh_key: sshKey('public_key'),
}
