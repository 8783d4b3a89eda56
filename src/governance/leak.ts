// Where the value of a credential stands in files: one leak for each file, with the sighting that says most of it.
import type { Credential, Sighting } from '#identity'
import type { EstateReader } from './dossier.ts'

export interface Leak {
  readonly file: string
  readonly rule: string
  readonly name?: string
  readonly confidence: number
  /** All places in the file; those of the working tree where there are any, else those of the history. */
  readonly sightings: readonly [Sighting, ...Sighting[]]
  readonly onlyInHistory: boolean
  readonly rehearsal: boolean
  /** In how many other files the same value stands. */
  readonly otherFiles: number
}

/** Below this a sighting is a guess. */
const CONFIDENCE_MIN = 0.5
/** For connectors that read a field which holds nothing but secrets. */
const CONFIDENCE_UNSAID = 0.9

const REHEARSAL =
  /(?:^|[/_.-])(?:tests?|testing|testdata|specs?|mocks?|fixtures?|examples?|samples?|demos?|docs?|tutorials?|e2e|__tests__|__mocks__)(?:[/_.-]|$)|(?:Tests?|Spec)\.\w+$/

export function leaksOf(credential: Credential, estate: EstateReader): Leak[] {
  const byFile = new Map<string, Sighting[]>()
  for (const sighting of credential.sightings) {
    if (!isLeak(sighting) || isDoubled(credential, sighting, estate)) continue
    const list = byFile.get(sighting.file)
    if (list === undefined) byFile.set(sighting.file, [sighting])
    else list.push(sighting)
  }
  const leaks: Leak[] = []
  for (const [file, all] of byFile) {
    const [main] = all.toSorted((a, b) => sureness(b) - sureness(a) || lineOf(a) - lineOf(b))
    const present = all.filter(({ commit }) => commit === undefined)
    const [first, ...rest] = distinctPlaces(present.length > 0 ? present : all)
    if (main === undefined || first === undefined) continue
    leaks.push({
      file,
      rule: main.rule ?? credential.type,
      ...nameOf(main, credential),
      confidence: sureness(main),
      sightings: [first, ...rest],
      onlyInHistory: present.length === 0,
      rehearsal: REHEARSAL.test(file),
      otherFiles: byFile.size - 1,
    })
  }
  return leaks
}

const isLeak = ({ exposure, confidence }: Sighting): boolean =>
  exposure === 'embedded' && (confidence ?? CONFIDENCE_UNSAID) >= CONFIDENCE_MIN

const sureness = ({ confidence }: Sighting): number => confidence ?? CONFIDENCE_UNSAID
const lineOf = ({ startLine }: Sighting): number => startLine ?? 0

function nameOf(sighting: Sighting, credential: Credential): { name?: string } {
  const name = sighting.name ?? (credential.sightings.length === 1 ? credential.name : undefined)
  return name === undefined ? {} : { name }
}

/** In line order; two connectors that saw the same lines are one place. */
function distinctPlaces(sightings: readonly Sighting[]): Sighting[] {
  const places = new Map<string, Sighting>()
  for (const sighting of sightings.toSorted((a, b) => lineOf(a) - lineOf(b))) {
    const key = `${sighting.commit ?? ''} ${lineOf(sighting)}`
    if (!places.has(key)) places.set(key, sighting)
  }
  return [...places.values()]
}

interface LeakIndex {
  /** Sightings of the source-code connector by place and name. */
  readonly byPlace: ReadonlyMap<string, Credential>
  /** Credentials that one file calls by the same rule and name, in line order. */
  readonly alike: ReadonlyMap<string, readonly Credential[]>
}

const known = new WeakMap<EstateReader, LeakIndex>()

function indexOf(estate: EstateReader): LeakIndex {
  const earlier = known.get(estate)
  if (earlier !== undefined) return earlier
  const byPlace = new Map<string, Credential>()
  const alike = new Map<string, { credential: Credential; line: number }[]>()
  for (const credential of estate.credentials()) {
    for (const sighting of credential.sightings) {
      if (!isLeak(sighting)) continue
      if (sighting.connector === 'source-code') byPlace.set(placeKey(sighting), credential)
      const key = alikeKey(sighting.file, sighting.rule ?? credential.type, sighting.name)
      const list = alike.get(key) ?? []
      if (list.every((entry) => entry.credential !== credential)) list.push({ credential, line: lineOf(sighting) })
      alike.set(key, list)
    }
  }
  const ordered = new Map(
    [...alike].map(([key, list]) => [key, list.sort((a, b) => a.line - b.line).map(({ credential }) => credential)]),
  )
  const index = { byPlace, alike: ordered }
  known.set(estate, index)
  return index
}

const placeKey = ({ file, commit, startLine, name }: Sighting): string =>
  JSON.stringify([file, commit ?? '', startLine ?? 0, (name ?? '').toLowerCase()])
const alikeKey = (file: string, rule: string, name: string | undefined): string =>
  JSON.stringify([file, rule, name ?? ''])

/** Two connectors may cut the same line differently; the one made for secrets is heard then. */
function isDoubled(credential: Credential, sighting: Sighting, estate: EstateReader): boolean {
  if (sighting.connector === 'source-code' || sighting.name === undefined) return false
  const other = indexOf(estate).byPlace.get(placeKey(sighting))
  return other !== undefined && other.id !== credential.id
}

/** How manieth of those that the file calls by the same rule and name, from 0. Lines may move; their order stays. */
export function leakOrdinal(credential: Credential, leak: Leak, estate: EstateReader): number {
  const list = indexOf(estate).alike.get(alikeKey(leak.file, leak.rule, leak.name)) ?? []
  return Math.max(
    0,
    list.findIndex(({ id }) => id === credential.id),
  )
}
