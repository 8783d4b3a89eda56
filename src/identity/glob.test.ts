import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { glob, pathPattern } from './glob.ts'

const CODEOWNERS: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  ['*', ['a', 'a/b/c.ts', '.env'], []],
  ['*.js', ['a.js', 'a/b.js'], ['a.jsx', 'js']],
  ['/build/logs/', ['build/logs/x', 'build/logs/a/b'], ['build/logs', 'a/build/logs/x']],
  ['docs/*', ['docs/a.md'], ['docs/a/b.md', 'x/docs/a.md', 'docs']],
  ['apps/', ['apps/a', 'x/apps/a/b'], ['apps', 'apps2/a']],
  ['/docs/', ['docs/a/b'], ['x/docs/a']],
  ['/scripts', ['scripts', 'scripts/a/b'], ['x/scripts', 'scripts2']],
  ['**/logs', ['logs', 'logs/a', 'build/logs', 'deep/build/logs/x'], ['logs2']],
  ['a/**/z', ['a/z', 'a/b/z', 'a/b/c/z/q'], ['z', 'b/a/z']],
  ['a/**', ['a/b', 'a/b/c'], ['a', 'b/a/c']],
  ['?.md', ['a.md', 'x/b.md'], ['ab.md', '.md']],
  ['/a\\*b', ['a*b'], ['axb']],
  ['/', [], ['a']],
  ['README.md', ['README.md', 'x/README.md'], ['README.mdx']],
]

test('path patterns mean what CODEOWNERS says', () => {
  for (const [pattern, yes, no] of CODEOWNERS) {
    for (const path of yes) assert.ok(pathPattern(pattern)(path), `\`${pattern}\` matches ${path}`)
    for (const path of no) assert.ok(!pathPattern(pattern)(path), `\`${pattern}\` does not match ${path}`)
  }
})

test('a glob agrees with the regular expression it abbreviates', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/'), maxLength: 8 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', ':'), maxLength: 6 })
  fc.assert(
    fc.property(pattern, text, (wild, value) => {
      const expected = new RegExp(`^${wild.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`).test(value)
      assert.equal(glob(wild)(value), expected)
    }),
  )
})

test('a hostile pattern is answered', { timeout: 10_000 }, () => {
  assert.equal(glob('*a'.repeat(500) + 'b')('a'.repeat(4000)), false)
  assert.equal(pathPattern('**/a/'.repeat(200) + 'b')('a/'.repeat(2000) + 'c'), false)
})
