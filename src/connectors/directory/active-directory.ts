// What Active Directory encodes in numbers: account flags, file times, generalised times. From MS-ADTS 2.2.16 and
// RFC 4517 3.3.13.
import { instantFromSeconds, parseInstant } from '#kernel'
import type { Instant } from '#kernel'

/** userAccountControl bits that say how safely an account authenticates. */
const ACCOUNT_FLAGS = {
  disabled: 0x2,
  passwordNotRequired: 0x20,
  reversibleEncryption: 0x80,
  serverTrust: 0x2000,
  passwordNeverExpires: 0x10000,
  unconstrainedDelegation: 0x80000,
  preauthNotRequired: 0x400000,
  protocolTransition: 0x1000000,
} as const
export type AccountFlag = keyof typeof ACCOUNT_FLAGS

export function flagsOf(userAccountControl: string | undefined): ReadonlySet<AccountFlag> {
  const bits = Number(userAccountControl)
  const flags = new Set<AccountFlag>()
  if (!Number.isSafeInteger(bits)) return flags
  for (const flag of Object.keys(ACCOUNT_FLAGS) as AccountFlag[])
    if ((bits & ACCOUNT_FLAGS[flag]) !== 0) flags.add(flag)
  return flags
}

/** Seconds between 1601 and 1970. */
const FILE_TIME_EPOCH = 11_644_473_600
/** `accountExpires` of an account that never does. */
const NEVER = new Set(['0', '9223372036854775807'])

/** 100-nanosecond steps since 1601; "never" and nonsense are `undefined`. */
export function fromFileTime(text: string | undefined): Instant | undefined {
  if (text === undefined || NEVER.has(text) || !/^\d{15,19}$/.test(text)) return undefined
  return instantFromSeconds(Number(BigInt(text) / 10_000_000n) - FILE_TIME_EPOCH)
}

/** `20190331113654.0Z`, and ISO 8601 as PowerShell exports it, and `/Date(ms)/` as it used to. */
export function fromDirectoryTime(text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined
  const general = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:[.,]\d+)?Z$/.exec(text)
  if (general !== null) {
    const [, year, month, day, hour, minute, second] = general
    return parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  }
  const json = /^\/Date\((-?\d+)\)\/$/.exec(text)
  return json === null ? parseInstant(text) : instantFromSeconds(Number(json[1]) / 1000)
}

/** Groups whose members control the domain, by the names that every Active Directory has. */
const CONTROLLING_GROUPS: ReadonlyMap<string, string> = new Map([
  ['domain admins', 'controls the domain'],
  ['enterprise admins', 'controls the forest'],
  ['schema admins', 'changes the schema of the forest'],
  ['administrators', 'controls the domain controllers'],
  ['account operators', 'creates and changes most accounts'],
  ['backup operators', 'reads every file of a domain controller, its password database included'],
  ['server operators', 'changes services on domain controllers'],
  ['print operators', 'loads drivers on domain controllers'],
  ['dnsadmins', 'runs code in the DNS service of a domain controller'],
  ['group policy creator owners', 'writes policy that computers apply'],
  ['key admins', 'adds keys with which to authenticate as others'],
  ['enterprise key admins', 'adds keys with which to authenticate as others'],
])

export function controlOf(groupName: string): string | undefined {
  return CONTROLLING_GROUPS.get(groupName.toLowerCase())
}
