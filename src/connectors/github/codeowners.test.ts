import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnershipFact } from '#kernel'
import { offer, only } from '../offer-in-test.ts'
import { github } from './github.ts'

const rules = (path: string, text: string): OwnershipFact[] => only(offer(github, path, text), 'ownership')
const shape = (text: string): unknown[] =>
  rules('CODEOWNERS', text).map(({ of, owners }) => ('files' in of ? [of.files] : []).concat(owners))

test('the root is the repository around the file', () => {
  const rootOf = (path: string): unknown => {
    const [rule] = rules(path, '* @a\n')
    return rule !== undefined && 'files' in rule.of ? rule.of.root : undefined
  }
  assert.equal(rootOf('CODEOWNERS'), '')
  assert.equal(rootOf('.github/CODEOWNERS'), '')
  assert.equal(rootOf('docs/CODEOWNERS'), '')
  assert.equal(rootOf('x/y/.github/CODEOWNERS'), 'x/y')
  assert.equal(rootOf('x/y/CODEOWNERS'), 'x/y')
})

test('comments, escapes, CRLF and a pattern without owners are read as GitHub reads them', () => {
  assert.deepEqual(shape('# c\r\n\r\n* @acme/all a@b.example # why\r\n/legacy/\r\n/a\\ b/ @c\r\n\\#x @d\r\n'), [
    ['*', '@acme/all', 'a@b.example'],
    ['/legacy/'],
    ['/a\\ b/', '@c'],
    ['\\#x', '@d'],
  ])
})

test("owners of a GitLab section hold for its patterns that name none, and a section's head is no pattern", () => {
  assert.deepEqual(shape('[Docs][2] @docs\n*.md\nREADME.md @me\n^[Code]\n*.ts\n'), [
    ['*.md', '@docs'],
    ['README.md', '@me'],
    ['*.ts'],
  ])
})

test('a word that is no owner is a problem with its line', () => {
  const facts = offer(github, 'CODEOWNERS', '* @a\n/x somebody\n')
  assert.equal(only(facts, 'problem')[0]?.startLine, 2)
  assert.deepEqual(only(facts, 'ownership')[1]?.owners, [])
})
