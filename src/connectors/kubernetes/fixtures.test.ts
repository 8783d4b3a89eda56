// Counts accounts and subjects in real manifests line by line, with no parser and nothing of src/, and compares.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { observe } from '../../../test/kubernetes/judge-manifests.ts'

const FIXTURES = '../shared/fixtures/kubernetes'
const skip = existsSync(FIXTURES) ? false : 'the real manifests in ../shared/fixtures are not on this machine'

const indentOf = (line: string): number => /^[ -]*/.exec(line)?.[0].length ?? 0
const valueOf = (block: readonly string[], key: string): string | undefined =>
  block
    .map((line) => new RegExp(`^[ -]*${key}:\\s*['"]?([^'"\\s]+)`).exec(line)?.[1])
    .find((value) => value !== undefined)

/** Names by looking at lines: each `kind:` with the `name:` and `namespace:` lines of its own block. */
function namesIn(text: string): Set<string> {
  const names = new Set<string>()
  const lines = text.split('\n')
  for (const [at, line] of lines.entries()) {
    const kind = /^[ -]*kind:\s*(ServiceAccount|User|Group)\s*$/.exec(line)?.[1]
    if (kind === undefined) continue
    const indent = indentOf(line)
    let from = at
    while (from > 0 && !/^\s*-\s|^---/.test(lines[from] ?? '') && indentOf(lines[from - 1] ?? '') >= indent) from -= 1
    if (from > 0 && /^\s*-\s/.test(lines[from - 1] ?? '') && !/^\s*-\s/.test(lines[from] ?? '')) from -= 1
    let to = at + 1
    while (
      to < lines.length &&
      !(lines[to] ?? '').startsWith('---') &&
      indentOf(lines[to] ?? '') >= indent &&
      !(/^\s*-\s/.test(lines[to] ?? '') && indentOf(lines[to] ?? '') <= indent)
    )
      to += 1
    const block = lines.slice(from, to)
    const name = valueOf(block, 'name')
    if (name === undefined) continue
    names.add(
      kind === 'ServiceAccount' ? `system:serviceaccount:${valueOf(block, 'namespace') ?? 'default'}:${name}` : name,
    )
  }
  return names
}

test('every account and subject of the real manifests is listed', { skip }, () => {
  const paths = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((path) => /\.ya?ml$/.test(path))
  const expected = new Set<string>()
  const listed = new Set<string>()
  for (const path of paths) {
    const text = readFileSync(join(FIXTURES, path), 'utf8')
    for (const name of namesIn(text)) expected.add(name)
    for (const seen of observe(text, path)) {
      assert.notEqual(seen.type, 'problem', path)
      if (seen.type === 'principal') listed.add(seen.externalId)
    }
  }
  assert.ok(expected.size > 60, `only ${expected.size} were counted`)
  assert.deepEqual(
    [...expected].filter((name) => !listed.has(name)),
    [],
  )
})
