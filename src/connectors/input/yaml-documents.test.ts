import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseAllDocuments, stringify } from 'yaml'
import { parseYaml, YAML_DOCUMENT_CHARS_MAX } from './yaml-documents.ts'

const one = (text: string): { value: unknown; line: (node: object, key?: string | number) => number | undefined } => {
  const { documents, problems } = parseYaml(text)
  assert.deepEqual(problems, [])
  assert.equal(documents.length, 1)
  return documents[0] ?? assert.fail()
}

/** What the package itself makes of the text: slower, without lines and limits, but independent of our conversion. */
function naive(text: string): unknown[] | undefined {
  try {
    const documents = parseAllDocuments(text, { merge: true, uniqueKeys: false, logLevel: 'silent' })
    if ('empty' in documents) return []
    if (documents.some((document) => document.errors.length > 0)) return undefined
    return documents.map((document) => document.toJS({ maxAliasCount: -1 }) as unknown)
  } catch {
    return undefined
  }
}

const FRAGMENTS = [
  'a: &x {b: 1, c: [1, 2]}',
  'd: *x',
  'e:\n  <<: *x\n  b: 2',
  'e:\n  b: 3\n  <<: [*x, {z: 1}]',
  '- 1\n- {k: v}',
  'k: |\n  text\n  - no item',
  "k: 'it''s'",
  'k: ~',
  'a: 1',
  'a: 2',
  '? [1, 2]\n: x',
  '---',
  '...',
  'n: 0x1F',
  'f: !tag {q: 1}',
  '# note',
  '__proto__: {p: 1}',
  '"<<": 1',
  '"quoted": "\\u00e9"',
  '',
]

test('values are those of the package itself, merges and aliases and duplicate keys included', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 8 }), (lines) => {
      const text = lines.join('\n')
      const expected = naive(text)
      const { documents, problems } = parseYaml(text)
      if (expected === undefined) return
      if (problems.length > 0) return
      // the package writes out collection keys in its own way, and gives nothing for a document without content
      if (text.includes('?')) return
      const values = documents.map(({ value }) => value).filter((value) => value !== null)
      assert.deepEqual(
        JSON.parse(JSON.stringify(values)),
        JSON.parse(JSON.stringify(expected.filter((value) => value !== null))),
        text,
      )
    }),
    { numRuns: 3000 },
  )
})

test('whatever can be written as YAML is read back', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (original) => {
      // a key `<<` is written without quotes by the package, and is a merge when it is read
      const value = JSON.parse(JSON.stringify(original).replaceAll('"<<":', '"< <":')) as unknown
      assert.deepEqual(JSON.parse(JSON.stringify(one(stringify(value)).value)), value)
    }),
    { numRuns: 300 },
  )
})

test('any text is read without a throw, and every problem has a line of the text', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...Array.from('{}[]&*:-?|>\'"#%@!\n\t a1')) }),
    fc
      .array(fc.constantFrom(...FRAGMENTS, '{{ .Values.x }}', '\t- x', '&a [*a]', '*nobody'))
      .map((all) => all.join('\n')),
  )
  fc.assert(
    fc.property(text, (source) => {
      const { documents, problems } = parseYaml(source)
      const lines = source.split('\n').length
      for (const problem of problems) assert.ok(problem.line >= 1 && problem.line <= lines + 1)
      for (const document of documents) {
        const { value } = document
        if (typeof value !== 'object' || value === null) continue
        assert.ok((document.line(value) ?? 0) >= 1 && (document.endLine(value) ?? 0) <= lines)
        for (const key of Object.keys(value)) assert.ok((document.line(value, key) ?? 0) <= lines)
      }
    }),
    { numRuns: 3000 },
  )
})

test('each key, item and document has its line, also after a document marker', () => {
  const { documents } = parseYaml('# head\n---\na:\n  b: 1\n  c:\n    - x\n    - y\n---\nd: 2\n')
  const [first = assert.fail(), second] = documents
  const { a } = first.value as { a: { c: object } }
  assert.equal(first.line(a, 'c'), 5)
  assert.equal(first.line(a.c, 1), 7)
  assert.equal(first.endLine(a), 7)
  assert.equal(second?.line(second.value as object, 'd'), 9)
})

test('a document that does not parse costs that document only', () => {
  const { documents, problems } = parseYaml('a: 1\n---\nb: [1,\n---\nc: 3\n')
  assert.deepEqual(
    documents.map(({ value }) => value),
    [{ a: 1 }, { c: 3 }],
  )
  assert.equal(problems.length, 1)
})

test('a merged key keeps the line of the mapping that it comes from', () => {
  const document = one('base: &b\n  image: x\n  env: {A: 1}\njob:\n  <<: *b\n  image: y\n')
  const { job } = document.value as { job: { image: string; env: object } }
  assert.deepEqual(job, { env: { A: 1 }, image: 'y' })
  assert.equal(document.line(job, 'env'), 3)
  assert.equal(document.line(job, 'image'), 6)
  assert.equal(document.line(job.env), 3)
})

test('an anchor may be used as often as one likes, an alias bomb is refused with its line', () => {
  const uses = Array.from({ length: 500 }, (_, index) => `job${index}:\n  <<: *d\n`).join('')
  assert.equal(Object.keys(one(`d: &d {a: 1}\n${uses}`).value as object).length, 501)
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]']
  for (const [index, name] of Array.from('bcdefghij').entries()) {
    const before = 'abcdefghij'.charAt(index)
    bomb.push(`${name}: &${name} [${`*${before},`.repeat(9)}*${before}]`)
  }
  const { documents, problems } = parseYaml(bomb.join('\n'))
  assert.equal(documents.length, 0)
  assert.equal(problems[0]?.line, 7)
  assert.match(problems[0]?.message ?? '', /expand/)
})

test('a cyclic alias and one without an anchor are problems', () => {
  assert.match(parseYaml('a: &a\n  - *a\n').problems[0]?.message ?? '', /refers to itself/)
  assert.equal(parseYaml('a: 1\nb: *nobody\n').problems.length, 1)
})

test('nesting is limited, however deep', () => {
  assert.match(parseYaml(`${'['.repeat(150)}${']'.repeat(150)}`).problems[0]?.message ?? '', /deeper/)
  assert.equal(parseYaml(`${'['.repeat(50_000)}${']'.repeat(50_000)}`).problems.length, 1)
  assert.equal(parseYaml('- '.repeat(20_000)).problems.length, 1)
})

test('`__proto__` is an own key and changes no prototype', () => {
  const { value } = one('__proto__:\n  admin: true\n')
  assert.ok(Object.hasOwn(value as object, '__proto__'))
  assert.equal((value as { admin?: boolean }).admin, undefined)
})

const item = (index: number, indent: string): string =>
  `${indent}- kind: ServiceAccount\n${indent}  metadata:\n${indent}    name: sa-${index}\n${indent}    note: |\n${indent}      - not an item\n${indent}      items:\n`

test('a large list is read in chunks with the same values and lines as in one piece', () => {
  for (const indent of ['', '  ']) {
    const items = Array.from({ length: 6000 }, (_, index) => item(index, indent)).join('')
    const text = `# export\napiVersion: v1\nitems:\n${items}kind: List\nmetadata:\n  resourceVersion: ""\n`
    const document = one(text)
    const value = document.value as { kind: string; items: { metadata: { name: string } }[] }
    assert.deepEqual(value, naive(text)?.[0])
    assert.equal(document.line(value, 'kind'), 6000 * 6 + 4)
    assert.equal(document.line(value, 'items'), 3)
    assert.equal(document.line(value.items, 5999), 5999 * 6 + 4)
    assert.equal(document.line(value.items[5999]?.metadata ?? {}, 'name'), 5999 * 6 + 6)
  }
})

test('one item of a large list that does not parse costs its chunk, not the list', () => {
  const items = Array.from({ length: 6000 }, (_, index) => item(index, ''))
  items[3000] = '- {"broken": [\n'
  const { documents, problems } = parseYaml(`apiVersion: v1\nitems:\n${items.join('')}kind: List\n`)
  const value = documents[0]?.value as { kind: string; items: unknown[] }
  assert.equal(value.kind, 'List')
  assert.ok(value.items.length > 3000)
  assert.ok(problems.length > 0)
})

test('one document beyond the size limit is refused with what to do, the next is read', () => {
  const big = `a:\n${'  - some text in a list\n'.repeat(YAML_DOCUMENT_CHARS_MAX / 20)}`
  const { documents, problems } = parseYaml(`${big}---\nb: 1\n`)
  assert.deepEqual(documents[0]?.value, { b: 1 })
  assert.match(problems[0]?.message ?? '', /export it as JSON/)
})
