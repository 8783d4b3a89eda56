// The sample estate, strictly: its findings are exactly the planted ones, each once; no look-alike is found; and taking
// one cause out makes exactly its finding vanish. As of one day, so that it holds on every day.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { loadConfig } from '#config'
import { CONNECTORS, readTree } from '#connectors'
import { DETECTORS } from '#governance'
import type { Finding } from '#governance'
import type { Instant } from '#kernel'
import { judge } from '../cli/scan/judge.ts'
import type { Judgement } from '../cli/scan/judge.ts'

const AS_OF = '2026-11-23T00:00:00.000Z' as Instant
const SAMPLES = 'samples'
const PLANTED = 'test/planted'

const Edit = z.strictObject({ file: z.string(), find: z.string().min(1), replace: z.string() })
const Subject = z.strictObject({ externalId: z.string(), discriminator: z.string().optional() })
const Case = z.strictObject({
  detector: z.string(),
  planted: Subject,
  remove: z.union([Edit, z.array(Edit).min(1)]),
  lookalike: Subject.extend({ why: z.string() }),
})
type Case = z.infer<typeof Case>

const cases = readdirSync(PLANTED)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .flatMap((name) =>
    z
      .array(Case)
      .parse(parse(readFileSync(join(PLANTED, name), 'utf8')))
      .map((entry) => Object.assign(entry, { from: name })),
  )

const keyOf = (detector: string, externalId: string, discriminator = ''): string =>
  [detector, externalId, discriminator].join(' | ')
const plantedKey = ({ detector, planted }: Case): string =>
  keyOf(detector, planted.externalId, planted.discriminator ?? undefined)
const findingKey = ({ detector, subject, discriminator }: Finding): string =>
  keyOf(detector, subject.externalId, discriminator)
/** A case that states no discriminator is met by the only finding of its detector and subject, whatever tells it apart. */
const matches = (entry: Case, finding: Finding): boolean =>
  entry.detector === finding.detector &&
  entry.planted.externalId === finding.subject.externalId &&
  (entry.planted.discriminator === undefined || entry.planted.discriminator === (finding.discriminator ?? ''))

async function scan(root: string): Promise<Judgement> {
  const settings = join(root, 'reeve.yaml')
  const config = loadConfig(existsSync(settings) ? readFileSync(settings, 'utf8') : '', 'reeve.yaml')
  const read = await readTree(root, { connectors: CONNECTORS })
  assert.deepEqual(read.problems, [], 'the sample estate is read without a problem')
  return judge(read, config, AS_OF)
}

/** Every identifier that a finding could be about. */
function subjectsOf({ estate }: Judgement): Set<string> {
  const known = new Set<string>()
  for (const { principal } of estate.dossiers()) known.add(principal.externalId)
  for (const { sightings, name, type } of estate.credentials()) {
    for (const sighting of sightings) known.add(`${sighting.file}:${sighting.name ?? name ?? sighting.rule ?? type}`)
  }
  return known
}

const described = (finding: Finding): string => {
  const [at] = finding.locations
  const place = at === undefined ? '' : ` at ${at.file}:${at.startLine ?? 1}`
  return `  ${findingKey(finding)}${place}\n      ${finding.severity}: ${finding.title}`
}

let whole: Judgement
let copy: string

before(async () => {
  // outside any git repository, since the path inside one is part of what names a workflow
  copy = await mkdtemp(join(tmpdir(), 'reeve-planted-'))
  await cp(SAMPLES, copy, { recursive: true })
  whole = await scan(copy)
})
after(async () => {
  await rm(copy, { recursive: true, force: true })
})

test('the findings of the sample estate are exactly the planted ones, each once', () => {
  const unlisted = whole.findings.filter((finding) => !cases.some((entry) => matches(entry, finding)))
  const wrong = cases.flatMap((entry) => {
    const found = whole.findings.filter((finding) => matches(entry, finding)).length
    return found === 1 ? [] : [`  ${entry.from}: ${plantedKey(entry)} (found ${found} times)`]
  })
  const message = [
    ...(unlisted.length === 0
      ? []
      : ['found and planted nowhere (change samples/, or list it):', ...unlisted.map(described)]),
    ...(wrong.length === 0 ? [] : ['planted and not found once:', ...wrong]),
  ].join('\n')
  assert.ok(message === '', `\n${message}`)
})

test('every detector has a planted case and a look-alike', () => {
  const without = DETECTORS.map(({ id }) => id).filter((id) => !cases.some(({ detector }) => detector === id))
  assert.deepEqual(without, [])
})

test('no look-alike is found, and each is really there', () => {
  const known = subjectsOf(whole)
  const wrong = cases.flatMap(({ from, detector, lookalike }) => {
    const found = whole.findings.some(
      (finding) =>
        finding.detector === detector &&
        finding.subject.externalId === lookalike.externalId &&
        (lookalike.discriminator === undefined || lookalike.discriminator === finding.discriminator),
    )
    if (found) return [`${from}: ${detector} finds its look-alike ${lookalike.externalId}`]
    return known.has(lookalike.externalId) ? [] : [`${from}: ${detector}: ${lookalike.externalId} is not in the estate`]
  })
  assert.deepEqual(wrong, [])
})

for (const entry of cases) {
  test(`without its cause exactly this finding vanishes: ${plantedKey(entry)}`, async () => {
    const edits = [entry.remove].flat()
    const originals = new Map<string, string>()
    for (const { file, find, replace } of edits) {
      const path = join(copy, file)
      const text = await readFile(path, 'utf8')
      if (!originals.has(path)) originals.set(path, text)
      assert.ok(text.includes(find), `${entry.from}: ${file} does not hold the text to remove`)
      await writeFile(
        path,
        text.replace(find, () => replace),
      )
    }
    try {
      const left = new Set((await scan(copy)).findings.map(findingKey))
      const all = new Set(whole.findings.map(findingKey))
      const gone = whole.findings.filter((finding) => !left.has(findingKey(finding)))
      const others = gone.filter((finding) => !matches(entry, finding)).map(findingKey)
      const fresh = [...left].filter((key) => !all.has(key))
      assert.deepEqual({ vanished: gone.length - others.length, others, fresh }, { vanished: 1, others: [], fresh: [] })
    } finally {
      for (const [path, text] of originals) await writeFile(path, text)
    }
  })
}
