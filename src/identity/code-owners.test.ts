import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact, HowOwnerIsKnown, OwnershipFact, PersonFact } from '#kernel'
import { CodeOwners } from './code-owners.ts'

const provenance = { connector: 'github', file: 'CODEOWNERS' } as const
const person = (personId: string, handle: string, status: PersonFact['status'] = 'active'): PersonFact => ({
  type: 'person',
  personId,
  name: personId,
  emails: [`${handle}@x.example`],
  handles: [handle],
  status,
  provenance,
})
const owns = (files: string, owners: readonly string[], how: HowOwnerIsKnown = 'codeowners'): OwnershipFact => ({
  type: 'ownership',
  of: { root: '', files },
  owners,
  how,
  provenance,
})

test('those who are told of a file are its code owners that the feed knows: nobody who left, and nobody who only committed it', () => {
  const facts: Fact[] = [
    { type: 'team', teamId: 'data', name: 'Data', provenance },
    person('P1', 'nadia'),
    person('P2', 'tomas', 'leaver'),
    person('P3', 'ada'),
    owns('*', ['@ada']),
    owns('/data/', ['@org/data', '@nadia', '@tomas', '@somebody-else']),
    owns('/legacy/', []),
    owns('/data/load.py', ['ada@x.example'], 'commit_author'),
  ]
  const owners = new CodeOwners(facts)
  assert.deepEqual(owners.of('data/load.py'), [{ teamId: 'data' }, { personId: 'P1' }])
  assert.deepEqual(owners.of('other.py'), [{ personId: 'P3' }])
  // a pattern without owners says that nobody answers
  assert.deepEqual(owners.of('legacy/old.py'), [])
})
