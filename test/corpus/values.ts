// Invented values for the corpus, the same on every machine: what stands between ⟪ and ⟫ in a corpus file becomes one.
// Nothing here is or was a live secret; provider tokens exist only while the corpus is written to a temporary folder.
import { crc32 } from 'node:zlib'

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()
const DIGITS = '0123456789'
const ALPHABETS: Readonly<Record<string, string>> = {
  hex: `${DIGITS}abcdef`,
  HEX: `${DIGITS}ABCDEF`,
  alnum: LOWER + UPPER + DIGITS,
  b64: `${LOWER}${UPPER}${DIGITS}+/`,
  b64url: `${LOWER}${UPPER}${DIGITS}-_`,
  lower: LOWER,
  lowernum: LOWER + DIGITS,
  upper: UPPER,
  UPPERNUM: UPPER + DIGITS,
  digits: DIGITS,
  base32: `${UPPER}234567`,
  /** What a generator of passwords gives, without and with what needs quoting. */
  pw0: `${LOWER}${UPPER}${DIGITS}!_-.+`,
  pw: `${LOWER}${UPPER}${DIGITS}!#%&*()-_=+@^`,
}

export interface Random {
  pick(alphabet: string, length: number): string
}

/** xorshift32 from a hash of `seed`. */
export function random(seed: string): Random {
  let state = crc32(seed) || 1
  const next = (below: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % below
  }
  return {
    pick: (alphabet, length) => {
      for (;;) {
        let out = ''
        for (let at = 0; at < length; at++) out += alphabet.charAt(next(alphabet.length))
        // a value that should mix letters and digits does
        const mixed = length < 8 || !/\d/.test(alphabet) || !/[a-zA-Z]/.test(alphabet) || (/\d/.test(out) && /[a-zA-Z]/.test(out))
        if (mixed) return out
      }
    },
  }
}

/** `kind` or `kind:argument`, as between the brackets. Throws for a kind that is not known. */
export function valueOf(spelling: string, source: Random): string {
  const [kind = '', argument = ''] = spelling.split(':')
  const alphabet = ALPHABETS[kind]
  if (alphabet !== undefined) return source.pick(alphabet, Number(argument))
  const special = SPECIAL[kind]
  if (special === undefined) throw new Error(`no value of kind ${kind}`)
  return special(source, argument)
}

const alnum = (source: Random, length: number): string => source.pick(ALPHABETS['alnum'] ?? '', length)
const hex = (source: Random, length: number): string => source.pick(ALPHABETS['hex'] ?? '', length)
const b64 = (source: Random, length: number): string => source.pick(ALPHABETS['b64'] ?? '', length)
const b64url = (source: Random, length: number): string => source.pick(ALPHABETS['b64url'] ?? '', length)
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function base62(value: number): string {
  let out = ''
  for (let digit = 0, rest = value; digit < 6; digit++, rest = Math.floor(rest / 62)) {
    out = (DIGITS + UPPER + LOWER).charAt(rest % 62) + out
  }
  return out
}

const withChecksum = (source: Random, prefix: string): string => {
  const body = alnum(source, 30)
  return prefix + body + base62(crc32(body))
}

function pemBody(source: Random, start: string, length: number, separator: string): string {
  return `${start}${b64(source, length - start.length)}`.replaceAll(/.{64}/g, `$&${separator}`)
}

const SPECIAL: Readonly<Record<string, (source: Random, argument: string) => string>> = {
  uuid: (s) => `${hex(s, 8)}-${hex(s, 4)}-4${hex(s, 3)}-a${hex(s, 3)}-${hex(s, 12)}`,
  hexesc: (s, n) => Array.from({ length: Number(n) }, () => `\\x${hex(s, 2)}`).join(''),
  basic: (s, user) => Buffer.from(`${user}:${alnum(s, 13)}`).toString('base64'),
  base64pw: (s, n) => Buffer.from(alnum(s, Number(n))).toString('base64'),
  base64text: (_s, text) => Buffer.from(text).toString('base64'),
  jwt: (s) =>
    `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ sub: hex(s, 8), iss: 'https://id.parcelhub.io', exp: 1893456000 })}.${b64url(s, 43)}`,
  jwtunsigned: (s) => `${encoded({ alg: 'none' })}.${encoded({ sub: hex(s, 8) })}.`,
  ghp: (s) => withChecksum(s, 'ghp_'),
  ghs: (s) => withChecksum(s, 'ghs_'),
  npm: (s) => withChecksum(s, 'npm_'),
  githubpat: (s) => `github_pat_11${s.pick(UPPER + DIGITS, 20)}_${alnum(s, 59)}`,
  glpat: (s) => `glpat-${b64url(s, 20)}`,
  akia: (s) => `AKIA${s.pick(ALPHABETS['base32'] ?? '', 16)}`,
  awssecret: (s) => `${b64(s, 18)}q7${b64(s, 18)}Zk`,
  slackbot: (s) => `xoxb-${s.pick(DIGITS, 12)}-${s.pick(DIGITS, 13)}-${alnum(s, 24)}`,
  slackhook: (s) => `https://hooks.slack.com/services/T${s.pick(UPPER + DIGITS, 8)}/B${s.pick(UPPER + DIGITS, 10)}/${alnum(s, 24)}`,
  stripe: (s) => `sk_live_${alnum(s, 24)}`,
  sendgrid: (s) => `SG.${b64url(s, 22)}.${b64url(s, 43)}`,
  google: (s) => `AIza${b64url(s, 35)}`,
  gocspx: (s) => `GOCSPX-${b64url(s, 28)}`,
  entra: (s) => `${alnum(s, 3)}8Q~${alnum(s, 34)}`,
  pypi: (s) => `pypi-AgEIcHlwaS5vcmc${b64url(s, 120)}`,
  digitalocean: (s) => `dop_v1_${hex(s, 64)}`,
  databricks: (s) => `dapi${hex(s, 32)}`,
  openai: (s) => `sk-proj-${b64url(s, 64)}`,
  anthropic: (s) => `sk-ant-api03-${b64url(s, 93)}AA`,
  huggingface: (s) => `hf_${s.pick(LOWER + UPPER, 34)}`,
  telegram: (s) => `${s.pick('123456789', 10)}:AA${b64url(s, 33)}`,
  vault: (s) => `hvs.${b64url(s, 90)}`,
  grafana: (s) => `glsa_${alnum(s, 32)}_${hex(s, 8)}`,
  dockerhub: (s) => `dckr_pat_${b64url(s, 27)}`,
  shopify: (s) => `shpat_${hex(s, 32)}`,
  linear: (s) => `lin_api_${alnum(s, 40)}`,
  mailgun: (s) => `key-${hex(s, 32)}`,
  twilio: (s) => `SK${hex(s, 32)}`,
  terraformcloud: (s) => `${alnum(s, 14)}.atlasv1.${b64url(s, 67)}`,
  discordhook: (s) => `https://discord.com/api/webhooks/${s.pick('123456789', 18)}/${b64url(s, 68)}`,
  age: (s) => `AGE-SECRET-KEY-1${s.pick('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}`,
  sig: (s) => `${alnum(s, 42)}%3D`,
  rsabody: (s) => pemBody(s, 'MIIEpAIBAAKCAQEA', 1588, '\n'),
  rsabodyescaped: (s) => pemBody(s, 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC', 1624, '\\n'),
  ecbody: (s) => pemBody(s, 'MHcCAQEEI', 164, '\n'),
  opensshbody: (s) => pemBody(s, 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB', 360, '\n'),
  certbody: (s) => pemBody(s, 'MIIDdzCCAl+gAwIBAgIE', 1200, '\n'),
  pubbody: (s) => pemBody(s, 'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A', 392, '\n'),
  sealed: (s) => `AgA${b64(s, 500)}`,
  ansible: (s) => Array.from({ length: 4 }, () => `          ${hex(s, 80)}`).join('\n'),
}
