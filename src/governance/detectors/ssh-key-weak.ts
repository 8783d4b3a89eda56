// NHI4: an SSH key that current OpenSSH refuses, or that can be broken.
import type { Detector } from '../detector.ts'
import { called, holderOf, placeOf, subjectOfCredential } from '../subject.ts'
import { sshFingerprint } from '../ssh-key.ts'
import { weakKey } from '../weak-key.ts'

export const sshKeyWeak: Detector = {
  id: 'ssh-key-weak',
  title: 'an SSH key is weak',
  severityRule: 'high when it opens root or has below 1024 bits of RSA, else medium',
  owasp: ['NHI4:2025'],
  controls: ['PR.AA-03'],
  needs: 'authorized_keys, public or private key files, or Terraform state with keys',
  blindSpot: 'keys that sshd takes from a command or a directory are not seen',
  remediation:
    'Make a new key with `ssh-keygen -t ed25519`, authorise it beside the old one, and remove the old one when nothing uses it any more.',
  *onCredential(credential, estate) {
    const fingerprint = sshFingerprint(credential)
    const weak = weakKey(credential.attributes)
    if (fingerprint === undefined || weak === undefined || credential.enabled === false) return
    const holder = holderOf(credential, estate)
    const opensRoot = holder?.principal.system === 'host' && holder.principal.name === 'root'
    yield {
      subject: subjectOfCredential(credential, estate),
      discriminator: fingerprint,
      severity: opensRoot || weak.grave ? 'high' : 'medium',
      severityReasons: [weak.text, ...(opensRoot ? ['it opens root'] : [])],
      title: `the SSH key ${called(credential, holder?.principal)} is weak: ${weak.text}`,
      locations: credential.sightings.map(placeOf),
      evidence: { fingerprint, key: weak.text },
    }
  },
}
