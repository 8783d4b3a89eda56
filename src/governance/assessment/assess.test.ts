import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Instant } from '#kernel'
import { CSF_2_0_LIVE } from '../controls/csf-2-0.ts'
import { AI_RMF_1_0, MAESTRO_LAYERS, SP_800_207_TENETS } from '../controls/frameworks.ts'
import { NIST_CSF_2_0, OWASP_NHI_2025 } from '../controls/catalogue.ts'
import { assessControls } from './assess.ts'
import type { Assessment } from './assess.ts'
import { CONTROLS, UNDECIDABLE } from './catalogue.ts'
import { drawOf, Sample } from './sample.ts'
import type { ControlReader, CredentialFacts, LogFacts, PrincipalFacts, Row, Rows } from './rows.ts'

const AT = '2026-06-01T00:00:00.000Z' as Instant

async function* rows<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

interface Estate {
  readonly past?: boolean
  readonly principals?: readonly Row<PrincipalFacts>[]
  readonly credentials?: readonly Row<CredentialFacts>[]
  readonly people?: number
  readonly leavers?: readonly string[]
  readonly known?: Readonly<Record<string, readonly string[]>>
  readonly log?: Partial<LogFacts>
}

/** Hands the controls what a test says, and fails where they ask for what a moment of the past does not have. */
function estate(given: Estate): ControlReader {
  const { past = false, people = 0, leavers = [], known = {} } = given
  const held: { readonly [P in keyof Rows]?: readonly Row<Rows[P]>[] } = {
    principals: given.principals ?? [],
    credentials: given.credentials ?? [],
    log: [{ id: 'log', data: { size: 0, trusted: 0, strangers: [], ...given.log } }],
  }
  return {
    at: AT,
    past,
    read: (population) => {
      if (past && ['versions', 'told', 'log', 'grants', 'policies'].includes(population))
        throw new Error(`${population} of the past`)
      return rows(held[population] ?? [])
    },
    leavers: () => rows(leavers.map((id) => ({ id, data: { leftAt: '2026-03-01T00:00:00.000Z' as Instant } }))),
    people: () => Promise.resolve(people),
    vendors: () => rows([]),
    offered: () => rows([]),
    known: (ids) => Promise.resolve(new Map(ids.map((id) => [id, known[id] ?? []]))),
  }
}

function principal(id: string, more: Partial<PrincipalFacts> = {}): Row<PrincipalFacts> {
  return {
    id,
    data: {
      kind: 'service_account',
      system: 'aws',
      state: 'active',
      tier: { value: 'low' },
      purpose: { value: 'pays' },
      owner: { party: { kind: 'person', id: 'psn_a' }, from: 'stated' },
      backups: [],
      parties: ['person:psn_a'],
      nextReviewAt: '2026-12-01T00:00:00.000Z' as Instant,
      provenance: { how: 'requested', firstSeenAt: '2026-01-01T00:00:00.000Z' as Instant },
      ...more,
    },
  }
}

const credential = (id: string, more: Partial<CredentialFacts> = {}): Row<CredentialFacts> => ({
  id,
  data: { type: 'api_token', alsoOf: [], state: 'live', rotateWithinDays: 90, ...more },
})

const failing = ({ controls }: Assessment): string[] =>
  controls.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id)
const outcomeOf = ({ controls }: Assessment, id: string): string => {
  const found = controls.find((control) => control.id === id)
  return `${found?.outcome}: ${found?.detail}`
}

describe('controls', () => {
  test('cite only ids that are in the lists, and each has an id of its own', () => {
    const lists: Readonly<Record<string, (id: string) => boolean>> = {
      'NIST CSF 2.0': (id) => CSF_2_0_LIVE.has(id) && Object.hasOwn(NIST_CSF_2_0, id),
      'OWASP NHI 2025': (id) => Object.hasOwn(OWASP_NHI_2025, id),
      'NIST SP 800-207': (id) => Object.hasOwn(SP_800_207_TENETS, id),
      'NIST AI RMF 1.0': (id) => Object.hasOwn(AI_RMF_1_0, id),
      'CSA MAESTRO': (id) => Object.hasOwn(MAESTRO_LAYERS, id),
    }
    const all = [...CONTROLS, ...UNDECIDABLE]
    for (const { id, references } of all) {
      assert.ok(references.length > 0, id)
      for (const { framework, id: cited } of references) assert.ok(lists[framework]?.(cited), `${id} cites ${cited}`)
    }
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
  })

  test('touch every OWASP risk, and every part of the frameworks that only a person can attest', () => {
    const cited = new Set([...CONTROLS, ...UNDECIDABLE].flatMap(({ references }) => references.map(({ id }) => id)))
    for (const id of [...Object.keys(OWASP_NHI_2025), ...Object.keys(SP_800_207_TENETS), ...Object.keys(AI_RMF_1_0)])
      assert.ok(cited.has(id), id)
    const attested = UNDECIDABLE.filter(({ lacking }) => lacking === "a person's attestation")
    assert.equal(attested.length, 7 + 14 + 5)
  })

  test('say of an empty estate that there is nothing to judge, and what they need', async () => {
    const assessment = await assessControls(estate({}))
    assert.deepEqual(failing(assessment), [])
    assert.equal(outcomeOf(assessment, 'owner-accepted'), 'nothing to judge: the population is empty')
    assert.match(outcomeOf(assessment, 'leaver-owns-nothing'), /^not evaluable: needs a feed of people/)
    assert.match(outcomeOf(assessment, 'log-cosigned'), /^not evaluable: needs a witness/)
    assert.match(outcomeOf(assessment, 'maestro-l4'), /^not evaluable: needs a person's attestation/)
    assert.equal(assessment.controls.length, CONTROLS.length + UNDECIDABLE.length)
  })

  test('count what stands under an exception aside, and say when it ends', async () => {
    const exception = { reason: 'moving', by: 'psn_a', cause: 'stated', until: '2026-07-01T00:00:00.000Z' as Instant }
    const { owner: _owner, ...without } = principal('prn_2').data
    const assessment = await assessControls(
      estate({ principals: [principal('prn_1'), { id: 'prn_2', data: { ...without, exception } }] }),
    )
    assert.equal(outcomeOf(assessment, 'owner-accepted'), 'pass: 2 judged; 1 under an exception')
    const lapsed = { ...exception, until: '2026-05-01T00:00:00.000Z' as Instant }
    const later = await assessControls(
      estate({ principals: [{ id: 'prn_2', data: { ...without, exception: lapsed } }] }),
    )
    assert.deepEqual(failing(later), ['owner-accepted', 'exceptions-dated'])
  })

  test('where a fact is missing everywhere, nothing passes; where it is missing of some, neither', async () => {
    const dated = credential('cred_2', { lastRotatedAt: '2026-05-30T00:00:00.000Z' as Instant })
    const unknown = await assessControls(estate({ credentials: [credential('cred_1')] }))
    assert.match(outcomeOf(unknown, 'rotation-kept'), /^not evaluable: needs a source that says/)
    const some = await assessControls(estate({ credentials: [credential('cred_1'), dated] }))
    assert.match(outcomeOf(some, 'rotation-kept'), /^not evaluable: needs a source that says .*; 1 of 2 undecided/)
  })

  test('of the past are not asked for what is only kept as it is now', async () => {
    const assessment = await assessControls(
      estate({ past: true, people: 2, leavers: ['psn_a'], known: { psn_a: ['cred_1'] } }),
    )
    for (const id of ['change-has-entry', 'row-has-entry', 'log-signed', 'log-cosigned', 'leaver-secrets-changed'])
      assert.match(outcomeOf(assessment, id), /^not evaluable: needs the present/, id)
  })

  test('what a leaver knew counts from the day that the last of them left', async () => {
    const given = {
      people: 3,
      leavers: ['psn_x'],
      known: { psn_x: ['cred_1', 'cred_2', 'cred_3'] },
      credentials: [
        credential('cred_1', { lastRotatedAt: '2026-04-01T00:00:00.000Z' as Instant }),
        credential('cred_2', { state: 'revoked' }),
        credential('cred_3', { lastRotatedAt: '2026-02-28T00:00:00.000Z' as Instant, rotateWithinDays: 365 }),
        credential('cred_4'),
      ],
    }
    const assessment = await assessControls(estate(given))
    assert.deepEqual(failing(assessment), ['leaver-secrets-changed'])
    const result = assessment.controls.find(({ id }) => id === 'leaver-secrets-changed')
    assert.deepEqual([result?.population, result?.violations, result?.failing.map(({ id }) => id)], [3, 1, ['cred_3']])
  })

  test('a cosignature of a stranger counts for nothing, and a witness that stopped turns the log red', async () => {
    const log = (more: Partial<LogFacts>): Partial<LogFacts> => ({ size: 9, signed: { size: 9, at: AT }, ...more })
    const none = await assessControls(estate({ log: log({ strangers: ['fake.example'] }) }))
    assert.match(outcomeOf(none, 'log-cosigned'), /^not evaluable: needs a witness/)
    const cosigned = { size: 5, at: '2026-05-31T20:00:00.000Z' as Instant, by: ['witness.test'] }
    const young = log({ trusted: 1, cosigned, uncosignedSince: '2026-05-31T23:50:00.000Z' as Instant })
    assert.deepEqual(failing(await assessControls(estate({ log: young }))), [])
    const stopped = log({ trusted: 1, cosigned, uncosignedSince: '2026-05-31T23:40:00.000Z' as Instant })
    const assessment = await assessControls(estate({ log: stopped }))
    assert.deepEqual(failing(assessment), ['log-cosigned'])
    const [row] = assessment.controls.find(({ id }) => id === 'log-cosigned')?.failing ?? []
    assert.equal(
      row?.why,
      `4 entries since 2026-05-31T23:40:00.000Z are not cosigned; the last cosignature is of ${cosigned.at}`,
    )
  })

  test('an entry that waits for its place for longer than minutes turns the log red', async () => {
    const log = (waitingSince: string): Partial<LogFacts> => ({
      size: 5,
      waitingSince: waitingSince as Instant,
      signed: { size: 5, at: AT },
    })
    assert.deepEqual(failing(await assessControls(estate({ log: log('2026-05-31T23:59:00.000Z') }))), [])
    assert.deepEqual(failing(await assessControls(estate({ log: log('2026-05-31T23:54:00.000Z') }))), ['log-signed'])
  })
})

describe('a sample', () => {
  const ids = Array.from({ length: 500 }, (_, at) => `prn_${at}`)
  const drawn = (seed: string, order: readonly string[]): string[] => {
    const sample = new Sample<string>(25)
    for (const id of order) sample.offer(drawOf(seed, 'control', id), () => id)
    return sample.items
  }

  test('is the same rows for the same seed in whatever order they come, and others for another', () => {
    assert.deepEqual(drawn('seed', ids), drawn('seed', ids.toReversed()))
    assert.equal(drawn('seed', ids).length, 25)
    assert.notDeepEqual(drawn('seed', ids), drawn('other', ids))
  })

  test('can be repeated without Reeve: the 25 smallest hashes', () => {
    const expected = [...ids]
      .sort((a, b) => (drawOf('seed', 'control', a) < drawOf('seed', 'control', b) ? -1 : 1))
      .slice(0, 25)
    assert.deepEqual(drawn('seed', ids), expected)
  })
})

describe('the guide', () => {
  const guide = readFileSync('docs/guides/controls.md', 'utf8')

  test('tells of every control what must hold and what it cites, as the code does', () => {
    const cited = (references: readonly { readonly id: string }[]): string => references.map(({ id }) => id).join(', ')
    for (const { id, statement, references } of CONTROLS)
      assert.ok(guide.includes(`| \`${id}\` | ${statement} | ${cited(references)} |`), id)
    for (const { id, lacking, references } of UNDECIDABLE) {
      if (!lacking.endsWith('attestation'))
        assert.ok(guide.includes(`| \`${id}\` | ${lacking} | ${cited(references)} |`), id)
    }
  })
})
