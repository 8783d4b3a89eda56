// A recognised secret may also be the name of a file or folder. Which words of a path are one is known only when everything
// was read: then each place where it stands is masked. No value crosses threads for it: words of paths are fingerprinted and
// compared with the fingerprints that were found.
import type { Observation } from '#kernel'
import { fingerprintOf } from './fingerprint.ts'
import type { FingerprintKey } from './fingerprint.ts'
import { isMaskable } from './redact.ts'

/** Parts of one name that are joined again; a name with more is looked up whole and part by part. */
const PARTS_MAX = 12

/** Copies only what changes; a keyed stand-in, so that two files stay two, and the same under the same key. */
export function maskPaths<O extends Observation>(observations: readonly O[], key: FingerprintKey): readonly O[] {
  const masks = masksOf(observations, key)
  if (masks.size === 0) return observations
  return observations.map((observation) => replaced(observation, '', masks) as O)
}

function masksOf(observations: readonly Observation[], key: FingerprintKey): ReadonlyMap<string, string> {
  const secrets = new Set<string>()
  const names = new Set<string>()
  for (const observation of observations) collect(observation, '', secrets, names)
  const masks = new Map<string, string>()
  if (secrets.size === 0) return masks
  for (const name of names) {
    for (const word of wordsOf(name)) {
      const fingerprint = fingerprintOf(key, word)
      if (secrets.has(fingerprint)) masks.set(word, `[secret-${fingerprint.slice(0, 8)}]`)
    }
  }
  // the longest first: a secret may hold another
  return new Map([...masks].sort(([a], [b]) => b.length - a.length))
}

function collect(value: unknown, member: string, secrets: Set<string>, names: Set<string>): void {
  if (typeof value === 'string') {
    if (member === 'fingerprint') secrets.add(value)
    else if (member === 'file') for (const name of value.split('/')) names.add(name)
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) for (const item of value) collect(item, member, secrets, names)
  else for (const [name, inner] of Object.entries(value)) collect(inner, name, secrets, names)
}

/** The name, and each run of its parts: a secret may hold what also parts names. */
function* wordsOf(name: string): Generator<string> {
  if (!isMaskable(name)) return
  yield name
  const cuts = [...name.matchAll(/[^A-Za-z0-9]+/g)].slice(0, PARTS_MAX)
  const starts = [0, ...cuts.map(({ index, 0: cut }) => index + cut.length)]
  const ends = [...cuts.map(({ index }) => index), name.length]
  for (const start of starts) {
    for (const end of ends) {
      const word = end > start ? name.slice(start, end) : ''
      if (word !== name && isMaskable(word)) yield word
    }
  }
}

function replaced(value: unknown, member: string, masks: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    if (member === 'fingerprint') return value
    let cleaned = value
    for (const [word, mask] of masks) if (cleaned.includes(word)) cleaned = cleaned.replaceAll(word, mask)
    return cleaned
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: unknown) => replaced(item, member, masks))
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, replaced(inner, name, masks)]))
}
