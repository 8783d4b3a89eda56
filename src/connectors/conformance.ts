// The suite that every adapter passes: what the port promises, tried on the adapter's own samples and on damaged ones.
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Fact, Observation } from '#kernel'
import { damaged, hostile, withCanaries } from './conformance-inputs.ts'
import type { Sample } from './conformance-inputs.ts'
import { untrustedFile } from './input/untrusted-file.ts'
import { ParseProblem } from './port.ts'
import type { Connector, ReadContext } from './port.ts'
import { fingerprintOf, hintOf } from './read/fingerprint.ts'

export type { Sample } from './conformance-inputs.ts'

export interface ConformanceOptions {
  /** For a connector whose input is any text at all. */
  readonly takesAnyText?: boolean
  /** Mapping for tables, when the connector reads by one. */
  readonly csvMapping?: (path: string) => unknown
}

const EXHAUSTIVE = process.env['REEVE_EXHAUSTIVE'] !== undefined
const LARGE = (EXHAUSTIVE ? 5 : 2) * 1024 * 1024
/** Generous: linear code takes a fraction, quadratic code minutes. */
const LARGE_MS_MAX = EXHAUSTIVE ? 15_000 : 6000
const QUICK_SAMPLES_MAX = EXHAUSTIVE ? 2 : 1
const RUNS = 60

/** Registers the cases. `samples` are inputs that the connector takes, and of which it reports no problem. */
export function testConformance(
  connector: Connector,
  samples: readonly Sample[],
  options: ConformanceOptions = {},
): void {
  const context = contextIn(options)
  const read = (sample: Sample): Observation[] => readWith(connector, sample, context)
  describe(`the ${connector.id} connector`, () => {
    test('has samples that it takes, of which it says something and no problem', () => {
      assert.notEqual(samples.length, 0, `put an input for the ${connector.id} connector into samples/`)
      for (const sample of samples) {
        assert.deepEqual(
          read(sample).filter(({ type }) => type === 'problem'),
          [],
        )
      }
      assert.ok(samples.some((sample) => read(sample).length > 0))
    })
    test('says the same of the same input, whatever it reads before and in between', () => {
      for (const sample of samples) keepsNoState(connector, sample, samples, context)
    })
    test('gives plain data with provenance: its name, this file, lines that the file has', () => {
      for (const sample of samples) hasProvenance(connector, sample, read(sample))
    })
    test('names nothing that it does not also yield: principals and credentials resolve', () => {
      for (const sample of samples) resolves(read(sample), sample)
    })
    test('lets no secret value out', () => {
      for (const sample of samples) {
        for (const { planted, canaries } of withCanaries(sample)) {
          // a policy's document is the native one, kept whole for the evaluator; it stands in no report
          const text = JSON.stringify(read(planted).map((one) => (one.type === 'policy' ? one.ref : one)))
          for (const canary of canaries) {
            const at = text.indexOf(canary)
            assert.equal(at, -1, `${sample.path}: …${text.slice(Math.max(0, at - 120), at + 60)}`)
          }
        }
      }
    })
    test('does not take files that are not its own', () => {
      for (const { path, bytes } of unrelated(options.takesAnyText ?? false)) {
        assert.equal(connector.accepts(untrustedFile({ path, origin: 'tree' }, bytes)), false, path)
      }
    })
    test('throws on nothing: damaged, cut off, binary, deep, empty', () => {
      for (const sample of samples) for (const one of hostile(sample)) read(one)
      if (samples.length === 0) return
      fc.assert(
        fc.property(fc.constantFrom(...samples).chain(damaged), (sample) => {
          hasProvenance(connector, sample, read(sample))
        }),
        { numRuns: RUNS },
      )
    })
    test(`reads ${LARGE / 1024 / 1024} MiB in one line in linear time`, () => {
      for (const sample of samples.slice(0, QUICK_SAMPLES_MAX)) isQuick(sample, read)
    })
  })
}

function contextIn(options: ConformanceOptions): ReadContext {
  const key = { key: Buffer.alloc(32, 7) }
  return {
    fingerprint: (secret) => fingerprintOf(key, secret),
    hint: hintOf,
    scopeOf: () => '',
    csvMapping: options.csvMapping ?? (() => undefined),
  }
}

/** As the reader does, but nothing is caught beyond what the parsers may throw. */
function readWith(connector: Connector, { path, bytes }: Sample, context: ReadContext): Observation[] {
  const file = untrustedFile({ path, origin: 'tree' }, bytes)
  const observations: Observation[] = []
  if (!connector.accepts(file)) return observations
  try {
    for (const observation of connector.discover(file, context)) observations.push(observation)
  } catch (error) {
    if (!(error instanceof ParseProblem)) throw error
  }
  return observations
}

function keepsNoState(connector: Connector, sample: Sample, samples: readonly Sample[], context: ReadContext): void {
  const before = readWith(connector, sample, context)
  const file = untrustedFile({ path: sample.path, origin: 'tree' }, sample.bytes)
  const interrupted: Observation[] = []
  for (const observation of connector.discover(file, context)) {
    interrupted.push(observation)
    if (interrupted.length === 2) for (const other of samples) readWith(connector, other, context)
  }
  assert.ok(isDeepStrictEqual(interrupted, before), `${sample.path}: another file changed what is said of this one`)
}

function hasProvenance(connector: Connector, sample: Sample, observations: readonly Observation[]): void {
  // a lone carriage return ends a line, too
  const lines = Buffer.from(sample.bytes)
    .toString('latin1')
    .split(/\r\n|[\r\n]/).length
  // what crosses between threads must be data, and must say the same on the other side
  assert.ok(isDeepStrictEqual(structuredClone(observations), observations), `${sample.path}: not plain data`)
  for (const observation of observations) {
    if (observation.type === 'blind_spot') continue
    const place = observation.type === 'problem' ? observation : observation.provenance
    const { file, startLine, endLine } = place
    assert.equal(file, sample.path)
    if (observation.type === 'problem') {
      assert.match(observation.message, /^[^A-Z\s].*[^.]$|^[A-Z]{2}/s, observation.message)
    } else assert.equal(observation.provenance.connector, connector.id)
    if (startLine !== undefined) {
      const [from, to] = [startLine, endLine ?? startLine]
      assert.ok(
        Number.isInteger(from) && from >= 1 && from <= to && to <= lines,
        `${file}:${from}-${to} of ${lines} lines`,
      )
    }
  }
}

/** Every principal and credential that a fact of the file names. */
function* named(fact: Fact): Generator<{ readonly as: string; readonly ref: string }> {
  if (fact.type === 'relation') {
    if ('ref' in fact.from) yield { as: `from of ${fact.relation}`, ref: fact.from.ref }
    yield { as: `to of ${fact.relation}`, ref: fact.to }
  } else if (fact.type === 'entitlement' || fact.type === 'account') yield { as: fact.type, ref: fact.principal }
  else if (fact.type === 'membership') {
    // the group may be one of the system's own, which only a binding elsewhere mentions
    yield { as: 'member', ref: fact.member }
  } else if (fact.type === 'attachment') yield { as: 'attachment', ref: fact.target }
  else if (fact.type === 'consumer') {
    yield { as: 'consumer', ref: fact.principal }
    yield {
      as: 'credential of a consumer',
      ref: 'ref' in fact.credential ? fact.credential.ref : fact.credential.fingerprint,
    }
  } else if (fact.type === 'credential' && fact.principal !== undefined) yield { as: 'credential', ref: fact.principal }
}

function resolves(observations: readonly Observation[], sample: Sample): void {
  const facts = observations.filter((one): one is Fact => one.type !== 'problem' && one.type !== 'blind_spot')
  const known = new Set<string>()
  for (const fact of facts) {
    if (fact.type !== 'principal' && fact.type !== 'credential' && fact.type !== 'resource') continue
    if (fact.ref !== undefined) known.add(fact.ref)
    if (fact.type === 'credential' && fact.fingerprint !== undefined) known.add(fact.fingerprint)
    for (const alias of fact.type === 'resource' ? [] : (fact.aliases ?? [])) known.add(alias)
  }
  for (const fact of facts)
    for (const { as, ref } of named(fact)) assert.ok(known.has(ref), `${sample.path}: ${as} \`${ref}\` is not yielded`)
}

function unrelated(takesAnyText: boolean): Sample[] {
  const binary = [
    { path: 'logo.png', bytes: Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1') },
    { path: 'program', bytes: Buffer.from('\x7fELF\x02\x01\x01\0', 'latin1') },
  ]
  const text = [
    { path: 'README.md', bytes: Buffer.from('# A project\n\nSome words about it.\n') },
    { path: 'src/main.go', bytes: Buffer.from('package main\n\nfunc main() {}\n') },
    { path: 'notes.txt', bytes: Buffer.from('buy milk\n') },
    { path: 'empty', bytes: Buffer.from('') },
  ]
  return takesAnyText ? binary : [...binary, ...text]
}

function isQuick(sample: Sample, read: (sample: Sample) => unknown): void {
  const text = Buffer.from(sample.bytes).toString('utf8')
  const oneLine = text.replaceAll(/\s+/g, ' ')
  const repeated = (part: string): string => part.repeat(Math.ceil(LARGE / part.length)).slice(0, LARGE)
  const inputs = [
    ...['a', ' ', '{', '"', '=', '-----BEGIN ', 'a:', 'key: ', '\\', '<', '%', '$(', 'https://a:', ', '].map(repeated),
    repeated(`${oneLine} `),
    `${text}${repeated('x')}`,
    `${text.slice(0, Math.floor(text.length / 2))}${repeated('A1b2')}${text.slice(Math.floor(text.length / 2))}`,
  ]
  for (const input of inputs) {
    // this process's own time, so that other work on the machine does not count
    const started = process.cpuUsage()
    read({ path: sample.path, bytes: Buffer.from(input) })
    const took = process.cpuUsage(started).user / 1000
    assert.ok(took < LARGE_MS_MAX, `${sample.path}: ${JSON.stringify(input.slice(0, 20))}… took ${Math.round(took)} ms`)
  }
}
