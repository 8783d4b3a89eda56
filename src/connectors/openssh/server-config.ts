// sshd_config: how a host lets people in. Facts about the host; what follows from them is a detector's business.
import type { Json, Observation } from '#kernel'
import { hostMachine, hostOf } from '../host-of.ts'
import type { ReadContext, UntrustedFile } from '../port.ts'

/** Settings whose value is kept as it is. */
const PLAIN = new Set([
  'passwordauthentication',
  'kbdinteractiveauthentication',
  'challengeresponseauthentication',
  'permitrootlogin',
  'permitemptypasswords',
  'pubkeyauthentication',
  'authenticationmethods',
  'authorizedkeysfile',
  'authorizedkeyscommand',
  'authorizedkeyscommanduser',
  'authorizedprincipalsfile',
  'trustedusercakeys',
  'revokedkeys',
  'hostbasedauthentication',
  'allowusers',
  'allowgroups',
  'denyusers',
  'allowagentforwarding',
  'x11forwarding',
  'usepam',
])

/** Algorithms that OpenSSH itself no longer offers by default, or that its manual advises against. */
const WEAK =
  /^(?:3des-cbc|aes\d{3}-cbc|arcfour\d*|blowfish-cbc|cast128-cbc|rijndael-cbc@lysator\.liu\.se|hmac-md5[\w@.-]*|hmac-sha1[\w@.-]*|hmac-ripemd160[\w@.-]*|umac-64[\w@.-]*|diffie-hellman-group1-sha1|diffie-hellman-group14-sha1|diffie-hellman-group-exchange-sha1|ssh-dss|ssh-rsa)$/
const ALGORITHMS = new Set([
  'ciphers',
  'macs',
  'kexalgorithms',
  'hostkeyalgorithms',
  'pubkeyacceptedalgorithms',
  'pubkeyacceptedkeytypes',
  'casignaturealgorithms',
])

interface Setting {
  readonly [key: string]: Json
  readonly value: string
  readonly line: number
  /** The condition of the Match block around it; '' outside of any. */
  readonly match: string
}

/**
 * One principal, the host, with one attribute per file, `sshd_config:PATH`: its settings in order and its includes. The
 * first value of a setting counts in sshd, across files in the order of inclusion: so files are kept apart here.
 */
export function* discoverServerConfig(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const host = hostOf(file.path, context)
  const settings = new Map<string, Setting[]>()
  const includes: { pattern: string; line: number }[] = []
  const weak = new Set<string>()
  let match = ''
  let line = 0
  for (const row of file.text().split('\n')) {
    line += 1
    const [, keyword = '', rest = ''] =
      /^\s*([A-Za-z0-9]+)[ \t]*[= \t][ \t]*([^]*)$/.exec(row.trimEnd().slice(0, 4096)) ?? []
    const name = keyword.toLowerCase()
    const whole = rest
      .replace(/[ \t]+#.*$/, '')
      .trim()
      .replaceAll('"', '')
    // SECURITY: of a command the program only; its arguments may hold a secret
    const value = name === 'authorizedkeyscommand' ? (whole.split(/\s/)[0] ?? '') : whole.slice(0, 500)
    if (name === 'match') match = /^all$/i.test(value) ? '' : value
    else if (name === 'include') includes.push({ pattern: value, line })
    else if (PLAIN.has(name)) settings.set(name, [...(settings.get(name) ?? []), { value, line, match }])
    else if (ALGORITHMS.has(name)) for (const algorithm of weakIn(value)) weak.add(algorithm)
  }
  const attribute: Json = {
    settings: Object.fromEntries(settings),
    includes,
    weakAlgorithms: [...weak].sort(),
  }
  yield hostMachine(
    host,
    { connector: 'openssh', file: file.path, startLine: 1, endLine: line },
    { attributes: { [`sshd_config:${file.path}`]: attribute } },
  )
  for (const { pattern, line: at } of includes) {
    yield {
      type: 'blind_spot',
      connector: 'openssh',
      file: file.path,
      message: `line ${at} includes \`${pattern}\`: files of it that are not below the scanned path were not read`,
    }
  }
}

/** A list that starts with `-` takes away from the defaults and so adds nothing weak. */
function weakIn(value: string): string[] {
  if (value.startsWith('-')) return []
  return value
    .replace(/^[+^]/, '')
    .split(',')
    .map((algorithm) => algorithm.trim())
    .filter((algorithm) => WEAK.test(algorithm))
}
