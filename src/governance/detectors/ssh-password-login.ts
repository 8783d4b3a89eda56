// NHI4: a host lets people and machines in by password, or lets root in.
import type { Principal } from '#identity'
import type { Detector } from '../detector.ts'
import type { FindingDraft } from '../finding.ts'
import { sshdDefault, sshdSettings } from '../sshd-settings.ts'
import { subjectOf } from '../subject.ts'

export const sshPasswordLogin: Detector = {
  id: 'ssh-password-login',
  title: 'SSH accepts passwords or root',
  severityRule:
    'high when root may log in with a password, medium for password login, low for one within a Match block or for root with keys only',
  owasp: ['NHI4:2025'],
  controls: ['PR.AA-03'],
  needs: 'sshd_config',
  blindSpot:
    'only what is written is judged: without `PasswordAuthentication` OpenSSH accepts passwords by default, and distributions change that in files that may not be here',
  remediation:
    'Set `PasswordAuthentication no`, `KbdInteractiveAuthentication no` and `PermitRootLogin no` (or `prohibit-password`), after every user has a key or a certificate; check with `sshd -T`.',
  *onPrincipal({ principal }) {
    if (principal.nativeType !== 'host') return
    yield* password(principal)
    yield* root(principal)
  },
}

/** A second factor with a key makes a password alone useless. */
const keyAlways = (host: Principal): boolean => {
  const methods = sshdDefault(host, 'authenticationmethods')?.value
  return methods !== undefined && methods !== 'any' && methods.split(/\s+/).every((list) => list.includes('publickey'))
}

function* password(host: Principal): Generator<FindingDraft> {
  if (keyAlways(host)) return
  const general = sshdDefault(host, 'passwordauthentication')
  const empty = sshdDefault(host, 'permitemptypasswords')?.value === 'yes'
  if (general?.value === 'yes') {
    yield {
      subject: subjectOf(host),
      discriminator: 'password',
      severity: empty ? 'high' : 'medium',
      severityReasons: [
        ...(empty ? ['even empty passwords are accepted'] : []),
        'passwords can be guessed, shared and replayed, and nothing proves who used one',
      ],
      title: `${host.name} accepts passwords over SSH`,
      locations: [general.location],
      evidence: { setting: 'PasswordAuthentication yes' },
    }
    return
  }
  for (const { value, match, location } of sshdSettings(host, 'passwordauthentication')) {
    if (match === '' || value !== 'yes') continue
    yield {
      subject: subjectOf(host),
      discriminator: `password ${match}`,
      severity: 'low',
      severityReasons: [`only where \`Match ${match}\` holds`],
      title: `${host.name} accepts passwords over SSH where \`Match ${match}\` holds`,
      locations: [location],
      evidence: { setting: 'PasswordAuthentication yes', match },
    }
  }
}

function* root(host: Principal): Generator<FindingDraft> {
  const setting = sshdDefault(host, 'permitrootlogin')
  if (setting?.value !== 'yes') return
  const keysOnly = sshdDefault(host, 'passwordauthentication')?.value === 'no' || keyAlways(host)
  yield {
    subject: subjectOf(host),
    discriminator: 'root',
    severity: keysOnly ? 'low' : 'high',
    severityReasons: [
      keysOnly ? 'passwords are off, so it is by key only' : 'one guessed password is the whole host',
      'what root does has no name behind it',
    ],
    title: `${host.name} lets root log in over SSH`,
    locations: [setting.location],
    evidence: { setting: 'PermitRootLogin yes', passwords: !keysOnly },
  }
}
