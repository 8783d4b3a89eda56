// One pass over a file's bytes for anchors; each anchor opens a small window in which its rules look.
import { assignedSecret, identifiedBy, passwordSet } from './assigned/assigned-secret.ts'
import { nameAt } from './assigned/name-at.ts'
import { basicAt, bearerAt } from './authorization.ts'
import type { Candidate } from './candidate.ts'
import { chpasswdPassword, commandPassword, COMMANDS } from './command-line.ts'
import { jwtAt } from './jwt.ts'
import { awsKeyIdAt, pairKeys } from './key-pairs.ts'
import type { KeyId } from './key-pairs.ts'
import { keywordAutomaton } from './keyword-automaton.ts'
import { CALLS } from './positional-calls.ts'
import { characterArray, positionalPassword } from './positional.ts'
import { jwkPrivateKey, pemPrivateKey, puttyPrivateKey, wrappedPrivateKey } from './embedded-private-key.ts'
import { PROVIDER_RULES, providerToken } from './provider-token.ts'
import type { SourceText } from './source-text.ts'
import { insertedSecrets } from './sql-rows.ts'
import { dataSourceCredentials, urlCredentials } from './url-credentials.ts'

export interface ScanResult {
  readonly candidates: readonly Candidate[]
  /** Ids of AWS access keys that stand here without their secret. */
  readonly keyIds: readonly KeyId[]
  /** Offset from which on nothing was looked for, because the file had too many already. */
  readonly stoppedAt?: number
}

/** A file with more than this is a word list or made to be hostile. */
export const CANDIDATES_MAX = 5000

interface Pass {
  readonly source: SourceText
  readonly cluster: string
  readonly candidates: Candidate[]
  readonly keyIds: KeyId[]
  /** End of the last name tried: several anchors in one name are one try. */
  nameEnd: number
  /** Names tried in the current block of the text. */
  block: number
  namesInBlock: number
  stoppedAt?: number
}

type Anchor = readonly [word: string, visit: (pass: Pass, start: number, end: number) => void]

const add = (pass: Pass, found: Candidate | undefined): void => {
  if (found !== undefined) pass.candidates.push(found)
}

const NAME_ANCHORS =
  'pass pw secret token key auth cred bearer salt pepper senha kennwort contrase clave motdepasse mdp wachtwoord parola haslo losenord salasana jelszo heslo sifre jwt psk psw mnemonic'.split(
    ' ',
  )

const BLOCK_BITS = 12
const NAMES_IN_BLOCK_MAX = 128

/** Nobody writes a hundred names within four thousand bytes of one line; a generator, or an attacker, does. */
function isOvercrowded(pass: Pass, start: number): boolean {
  const block = start >>> BLOCK_BITS
  if (block !== pass.block) {
    pass.block = block
    pass.namesInBlock = 0
  }
  pass.namesInBlock += 1
  if (pass.namesInBlock <= NAMES_IN_BLOCK_MAX) return false
  const from = block << BLOCK_BITS
  return !pass.source.text.slice(from, from + (1 << BLOCK_BITS)).includes('\n')
}

const visitName = (pass: Pass, start: number, end: number): void => {
  if (end <= pass.nameEnd || pass.source.kind.contextFree) return
  if (isOvercrowded(pass, start)) return
  const name = nameAt(pass.source.text, start, end)
  if (name === undefined) return
  pass.nameEnd = name.end
  add(pass, assignedSecret(pass.source, name))
}

const visitKeyId = (pass: Pass, start: number): void => {
  const id = awsKeyIdAt(pass.source, start)
  if (id !== undefined) pass.keyIds.push({ id, at: start })
}

const ANCHORS: readonly Anchor[] = [
  ...NAME_ANCHORS.map((word): Anchor => [word, visitName]),
  ...PROVIDER_RULES.map((rule): Anchor => [
    rule.keyword,
    (pass, start) => add(pass, providerToken(pass.source, start, rule)),
  ]),
  ...Object.keys(COMMANDS).map((command): Anchor => [
    command,
    (pass, start) => add(pass, commandPassword(pass.source, start, command)),
  ]),
  ...CALLS.map((call): Anchor => [
    call.name,
    (pass, _start, end) => add(pass, positionalPassword(pass.source, end, call)),
  ]),
  ['identified by', (pass, _start, end) => add(pass, identifiedBy(pass.source, end))],
  ['password by', (pass, _start, end) => add(pass, identifiedBy(pass.source, end))],
  ['insert into', (pass, start) => pass.candidates.push(...insertedSecrets(pass.source, start))],
  ['set password', (pass, _start, end) => add(pass, passwordSet(pass.source, end))],
  ['".tochararray(', (pass, start) => add(pass, characterArray(pass.source, start))],
  ['chpasswd', (pass, start) => add(pass, chpasswdPassword(pass.source, start))],
  ['akia', visitKeyId],
  ['asia', visitKeyId],
  ['://', (pass, start) => add(pass, urlCredentials(pass.source, start))],
  ['@tcp(', (pass, start) => add(pass, dataSourceCredentials(pass.source, start))],
  ['@unix(', (pass, start) => add(pass, dataSourceCredentials(pass.source, start))],
  ['eyj', (pass, start) => add(pass, jwtAt(pass.source, start, pass.cluster))],
  ['bearer ', (pass, start) => add(pass, bearerAt(pass.source, start))],
  ['token ', (pass, start) => add(pass, bearerAt(pass.source, start))],
  ['basic ', (pass, start) => add(pass, basicAt(pass.source, start))],
  ['-----begin ', (pass, start) => add(pass, pemPrivateKey(pass.source, start))],
  ['putty-user-key-file-', (pass, start) => add(pass, puttyPrivateKey(pass.source, start))],
  ['ls0tls1crudjti', (pass, start) => add(pass, wrappedPrivateKey(pass.source, start))],
  ['"kty"', (pass, start) => add(pass, jwkPrivateKey(pass.source, start))],
]

const AUTOMATON = keywordAutomaton(ANCHORS.map(([word]) => word))

export function scanText(source: SourceText, cluster: string): ScanResult {
  const pass: Pass = { source, cluster, candidates: [], keyIds: [], nameEnd: -1, block: 0, namesInBlock: 0 }
  AUTOMATON.scan(source.bytes, (word, end) => {
    const anchor = ANCHORS[word]
    if (anchor === undefined || pass.stoppedAt !== undefined) return
    anchor[1](pass, end - anchor[0].length, end)
    if (pass.candidates.length + pass.keyIds.length >= CANDIDATES_MAX) pass.stoppedAt = end
  })
  const { stoppedAt } = pass
  const { pairs, alone } = pairKeys(source, pass.keyIds)
  return {
    candidates: distinct([...pairs, ...pass.candidates]),
    keyIds: alone,
    ...(stoppedAt === undefined ? {} : { stoppedAt }),
  }
}

/**
 * In text order; of candidates that overlap, the one of the highest rank, then the surest, then the longest. It takes the
 * name that a lower one knows.
 */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const ordered = candidates.toSorted(
    (a, b) =>
      b.rank - a.rank || b.confidence - a.confidence || b.end - b.start - (a.end - a.start) || a.start - b.start,
  )
  const byStart: Candidate[] = []
  for (const candidate of ordered) {
    const at = insertionPoint(byStart, candidate.start)
    const [left, right] = [byStart[at - 1], byStart[at]]
    if (left !== undefined && left.end > candidate.start) byStart[at - 1] = named(left, candidate.name)
    else if (right !== undefined && right.start < candidate.end) byStart[at] = named(right, candidate.name)
    else byStart.splice(at, 0, candidate)
  }
  return byStart
}

const named = (candidate: Candidate, name: string | undefined): Candidate =>
  candidate.name !== undefined || name === undefined ? candidate : { ...candidate, name }

function insertionPoint(sorted: readonly Candidate[], start: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle]?.start ?? 0) <= start) low = middle + 1
    else high = middle
  }
  return low
}
