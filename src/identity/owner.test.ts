import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { Fact, Instant, OwnerHint, OwnershipFact, PersonFact, PrincipalFact } from '#kernel'
import { correlate } from './correlate.ts'
import { assessOwners } from './owner.ts'
import type { Ownership } from './owner.ts'

const at = (file: string, startLine = 1) => ({ connector: 'test', file, startLine })

const person = (personId: string, name: string, more: Partial<PersonFact> = {}): PersonFact => ({
  type: 'person',
  personId,
  name,
  emails: [`${name.toLowerCase().replace(' ', '.')}@larkfield.example`],
  status: 'active',
  provenance: at('people.csv'),
  ...more,
})
const FEED: readonly Fact[] = [
  person('P1', 'Ada North', { teamId: 'platform', handles: ['anorth'] }),
  person('P2', 'Ben South', { teamId: 'platform' }),
  person('P3', 'Cy West', {
    teamId: 'data',
    status: 'leaver',
    endAt: '2026-06-30T00:00:00.000Z' as Instant,
    handles: ['cwest'],
  }),
  person('P4', 'Di East', { teamId: 'solo' }),
  { type: 'team', teamId: 'platform', name: 'Platform Engineering', provenance: at('teams.csv') },
  { type: 'team', teamId: 'data', name: 'Data', provenance: at('teams.csv') },
  { type: 'team', teamId: 'solo', name: 'Solo', provenance: at('teams.csv') },
]

const principal = (id: string, more: Partial<PrincipalFact> = {}): PrincipalFact => ({
  type: 'principal',
  ref: ref('aws', id),
  kind: 'service_account',
  nativeType: 'iam-user',
  system: 'aws',
  externalId: id,
  name: id,
  provenance: at('aws/prod.json'),
  ...more,
})
const tagged = (who: string, how: OwnerHint['how'] = 'tag'): PrincipalFact =>
  principal('x', { ownerHints: [{ who, how, reason: `tag \`owner\`` }] })
const codeowners = (files: string, owners: string[], startLine = 1, root = ''): OwnershipFact => ({
  type: 'ownership',
  of: { files, root },
  owners,
  how: 'codeowners',
  provenance: at('CODEOWNERS', startLine),
})

function ownersOf(id: string, facts: readonly Fact[], feed = FEED): Ownership {
  const all = [...feed, ...facts]
  const graph = correlate(all)
  const found = assessOwners(graph, all).get(graph.principalOf(ref('aws', id)) ?? assert.fail())
  return found ?? assert.fail()
}

test('e-mails, handles, teams by slug, ids, exact names and ARNs of people are resolved', () => {
  for (const [spelling, who] of [
    ['Ada.North@larkfield.example', 'Ada North'],
    ['@anorth', 'Ada North'],
    ['anorth', 'Ada North'],
    ['ada north', 'Ada North'],
    ['P1', 'Ada North'],
    ['Ada North <ada.north@larkfield.example>', 'Ada North'],
    ['arn:aws:iam::111122223333:user/people/anorth', 'Ada North'],
    ['arn:aws:sts::111122223333:assumed-role/sso-admin/ada.north@larkfield.example', 'Ada North'],
    ['@larkfield/platform-engineering', 'Platform Engineering'],
    ['@larkfield/platform', 'Platform Engineering'],
    ['Platform Engineering', 'Platform Engineering'],
    ['team-data', 'Data'],
    ['platform@larkfield.example', 'Platform Engineering'],
  ]) {
    assert.equal(ownersOf('x', [tagged(spelling ?? '')]).owner?.who, who, spelling)
  }
})

test('a name that two people have names neither', () => {
  const twins = [person('P8', 'Sam Same'), person('P9', 'Sam Same', { emails: [] })]
  const { owner } = ownersOf('x', [tagged('Sam Same')], twins)
  assert.equal(owner?.personId, undefined)
})

test('a value that says nobody is no hint', () => {
  for (const nobody of ['', ' ', 'n/a', 'None', 'unknown', '-', 'TBD']) {
    assert.deepEqual(ownersOf('x', [tagged(nobody)]).candidates, [], nobody)
  }
})

test('a leaver stays the stated owner, with the status and the day, and an active candidate is the backup', () => {
  const { owner, backup } = ownersOf('x', [tagged('@cwest'), codeowners('*', ['@larkfield/platform'])])
  assert.equal(owner?.status, 'leaver')
  assert.equal(owner?.leftAt, '2026-06-30T00:00:00.000Z')
  assert.equal(backup?.teamId, 'platform')
})

test('of two owners of one line, the one who is still there comes first', () => {
  assert.equal(ownersOf('x', [principal('x'), codeowners('*', ['@cwest', '@anorth'])]).owner?.who, 'Ada North')
})

test('the last CODEOWNERS line that matches wins, and one without owners unsets', () => {
  const lines = [codeowners('*', ['@anorth'], 1), codeowners('/aws/', ['@larkfield/data'], 2)]
  assert.equal(ownersOf('x', [principal('x'), ...lines]).owner?.who, 'Data')
  assert.equal(ownersOf('x', [principal('x'), ...lines.toReversed()]).owner?.who, 'Ada North')
  assert.equal(ownersOf('x', [principal('x'), ...lines, codeowners('/aws/prod.json', [], 3)]).owner, undefined)
})

test('CODEOWNERS holds below its own root only, and the nearest root is asked', () => {
  const nested = principal('x', { provenance: at('repos/a/infra/x.yaml') })
  const outer = codeowners('*', ['@anorth'])
  assert.equal(
    ownersOf('x', [nested, outer, codeowners('/infra/', ['@larkfield/data'], 1, 'repos/a')]).owner?.who,
    'Data',
  )
  assert.equal(
    ownersOf('x', [nested, outer, codeowners('/infra/', ['@larkfield/data'], 1, 'repos/b')]).owner?.who,
    'Ada North',
  )
})

test('files that only mention a principal say nothing of its owner', () => {
  const mention = principal('x', { mentioned: true, provenance: at('other/binding.yaml') })
  assert.equal(ownersOf('x', [principal('x'), mention, codeowners('/other/', ['@anorth'])]).owner, undefined)
})

test('who committed a file is a candidate and never the owner', () => {
  const author: OwnershipFact = {
    ...codeowners('/aws/prod.json', ['Ada North <ada.north@larkfield.example>']),
    how: 'commit_author',
  }
  const { owner, candidates } = ownersOf('x', [principal('x'), author])
  assert.equal(owner, undefined)
  assert.equal(candidates[0]?.personId, 'P1')
})

test('a commit author per file for thirty thousand files is assessed', { timeout: 60_000 }, () => {
  const facts: Fact[] = [codeowners('*', ['@anorth'])]
  for (let file = 0; file < 30_000; file += 1) {
    facts.push(principal(`p${file}`, { provenance: at(`src/f${file}.ts`) }))
    facts.push({ ...codeowners(`/src/f${file}.ts`, ['@cwest']), how: 'commit_author' })
  }
  assert.equal(ownersOf('p29999', facts).candidates.length, 2)
})

test('a machine, a bot and a disabled group own nothing', () => {
  const role = principal('arn:aws:iam::111122223333:role/terraform', {
    nativeType: 'iam-role',
    kind: 'workload',
    name: 'terraform',
  })
  const group: PrincipalFact = {
    ...principal('ops', { kind: 'group', enabled: false }),
    ref: ref('directory', 'cn=ops,dc=x'),
  }
  for (const [spelling, why] of [
    ['arn:aws:iam::111122223333:role/terraform', 'machine'],
    ['terraform', 'machine'],
    ['renovate[bot]', 'machine'],
    ['CN=ops,DC=x', 'disabled_group'],
  ]) {
    const { owner, candidates } = ownersOf('x', [tagged(spelling ?? ''), role, group])
    assert.equal(owner, undefined, spelling)
    assert.equal(candidates[0]?.unfit, why, spelling)
  }
})

test('a team with two active members is its own backup, a team of one is not, and a team whose members left is gone', () => {
  const platform = ownersOf('x', [tagged('@larkfield/platform')])
  assert.equal(platform.team?.activeMembers, 2)
  assert.equal(platform.backup?.teamId, 'platform')
  assert.equal(ownersOf('x', [tagged('@larkfield/solo')]).backup, undefined)
  assert.equal(ownersOf('x', [tagged('@larkfield/data')]).owner?.status, 'leaver')
})

test('a second owner above the bar is the backup, the same person under another spelling is not', () => {
  assert.equal(ownersOf('x', [tagged('@anorth, Di East')]).backup?.who, 'Di East')
  assert.equal(ownersOf('x', [tagged('@anorth, ada.north@larkfield.example')]).backup, undefined)
})

test('without a feed a stated owner still owns, unresolved', () => {
  const { owner } = ownersOf('x', [tagged('someone@else.example')], [])
  assert.deepEqual(
    [owner?.who, owner?.status, owner?.email],
    ['someone@else.example', 'unknown', 'someone@else.example'],
  )
})

test('an override outranks every source, and the last that matches wins', () => {
  const facts = [...FEED, tagged('@cwest')]
  const graph = correlate(facts)
  const owners = assessOwners(graph, facts, [
    { match: { system: 'aws' }, owner: 'Di East' },
    { match: { externalId: 'x*' }, owner: '@anorth', backup: 'Ben South' },
    { match: { name: 'y' }, owner: 'Di East' },
  ])
  const [ownership] = owners.values()
  assert.deepEqual([ownership?.owner?.who, ownership?.backup?.who], ['Ada North', 'Ben South'])
})

test('a team that is called as the service it owns is no machine', () => {
  const facts = [principal('payments', { ownerHints: [{ who: 'payments', how: 'tag', reason: 'tag `owner`' }] })]
  assert.equal(ownersOf('payments', facts, []).owner?.who, 'payments')
})
