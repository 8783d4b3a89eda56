// NHI9: one SSH key opens several accounts, so that none can be told apart or closed alone.
import type { Detector } from '../detector.ts'
import { openings, sshFingerprint, userOf } from '../ssh-key.ts'
import { placeOf } from '../subject.ts'

export const sshKeyReused: Detector = {
  id: 'ssh-key-reused',
  title: 'one SSH key opens several accounts',
  severityRule:
    'high when it opens root beside accounts of another name, medium for different accounts, low for one account name on several hosts',
  owasp: ['NHI9:2025'],
  controls: ['PR.AA-01', 'PR.AA-05'],
  needs: 'authorized_keys of more than one account',
  blindSpot:
    'who really uses the key from where is not in the files; keys of certificate authorities are made to be shared and not judged',
  remediation:
    'Give each consumer a key of its own, with `from=` and `command=` where it does one thing, or issue short-lived SSH certificates; then remove the shared key from every authorized_keys.',
  *onCredential(credential) {
    const fingerprint = sshFingerprint(credential)
    const opened = openings(credential)
    if (fingerprint === undefined || opened.length < 2 || credential.enabled === false) return
    const accounts = opened.map(({ account }) => account)
    const users = new Set(accounts.map(userOf))
    const rootToo = users.has('root') && users.size > 1
    const name = credential.name === undefined ? fingerprint : `\`${credential.name}\``
    yield {
      subject: { credentialId: credential.id, externalId: fingerprint },
      severity: rootToo ? 'high' : users.size > 1 ? 'medium' : 'low',
      severityReasons: [
        ...(rootToo ? ['whoever has it for a lesser account has root'] : []),
        users.size > 1
          ? `it opens accounts of ${users.size} names`
          : `it opens one account on ${accounts.length} hosts`,
      ],
      title: `the SSH key ${name} opens ${accounts.length} accounts`,
      locations: credential.sightings
        .filter(({ object }) => object !== undefined && accounts.includes(object))
        .map(placeOf),
      evidence: { fingerprint, accounts: accounts.slice(0, 100) },
    }
  },
}
