import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { JSON_DEPTH_MAX, parseJson, readJson } from './json-document.ts'
import { firstJsonError } from './json-scan.ts'

/** Prints a value with random white space and remembers, as it goes, the line of everything: the naive line index. */
interface Printed {
  readonly text: string
  readonly places: readonly { path: readonly (string | number)[]; start: number; end: number; member?: number }[]
}

function print(value: unknown, blanks: readonly string[]): Printed {
  const places: { path: readonly (string | number)[]; start: number; end: number; member?: number }[] = []
  let text = ''
  let next = 0
  const line = (): number => text.split('\n').length
  const blank = (): void => {
    text += blanks[next++ % blanks.length] ?? ''
  }
  const visit = (node: unknown, path: readonly (string | number)[], memberLine?: number): void => {
    if (typeof node !== 'object' || node === null) {
      text += JSON.stringify(node)
      return
    }
    const start = line()
    const entries: [string | number, unknown][] = Array.isArray(node) ? [...node.entries()] : Object.entries(node)
    text += Array.isArray(node) ? '[' : '{'
    for (const [index, [key, child]] of entries.entries()) {
      if (index > 0) text += ','
      blank()
      const at = line()
      if (!Array.isArray(node)) {
        text += JSON.stringify(key)
        blank()
        text += ':'
        blank()
      }
      visit(child, [...path, key], at)
      blank()
    }
    blank()
    text += Array.isArray(node) ? ']' : '}'
    places.push({ path, start, end: line(), ...(memberLine === undefined ? {} : { member: memberLine }) })
  }
  blank()
  visit(value, [])
  blank()
  return { text, places }
}

const at = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((node, key) => (node as Record<string | number, unknown>)[key], value)

test('every object and array has the line at which a naive printer wrote it', () => {
  const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))
  const blanks = fc.array(fc.constantFrom('', ' ', '\n', '\r\n', '\t\n  ', '\n\n'), { minLength: 1 })
  fc.assert(
    fc.property(value, blanks, (original, white) => {
      const { text, places } = print(JSON.parse(JSON.stringify(original)), white)
      const [document] = parseJson(text)
      assert.ok(document)
      assert.deepEqual(document.value, JSON.parse(text))
      for (const { path, start, end, member } of places) {
        const node = at(document.value, path) as object
        assert.equal(document.line(node), start)
        assert.equal(document.endLine(node), end)
        const key = path.at(-1)
        if (key !== undefined && member !== undefined)
          assert.equal(document.line(at(document.value, path.slice(0, -1)) as object, key), member)
      }
    }),
    { numRuns: 300 },
  )
})

test('the first error is found exactly when the engine refuses the text, and no later than its end', () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', ']', '"', 'x', ':', '\\', '\n', '0'))
      .map(([json, cut, put]) => json.slice(0, cut % (json.length + 1)) + put + json.slice(cut % (json.length + 1))),
  )
  fc.assert(
    fc.property(text, (json) => {
      const error = firstJsonError(json)
      let valid = true
      try {
        JSON.parse(json)
      } catch {
        valid = false
      }
      assert.equal(error === undefined, valid, json)
      if (error !== undefined) assert.ok(error.offset <= json.length)
    }),
    { numRuns: 2000 },
  )
})

test('any text is read without a throw, and messages quote nothing of it', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json(), fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:/*\\\n 1a')) })),
      (text) => {
        const { problem } = readJson(`{"k":"CANARY"${text}`)
        assert.ok(!(problem?.message ?? '').includes('CANARY'))
      },
    ),
    { numRuns: 2000 },
  )
})

test('a document that breaks off is a problem at its last line', () => {
  const { documents, problem } = readJson('{\n "a": [\n  {"b": 1},\n  {"b"')
  assert.equal(documents.length, 0)
  assert.equal(problem?.line, 4)
  assert.match(problem?.message ?? '', /ends too early/)
})

test('an error in the middle has its own line', () => {
  assert.equal(readJson('{\n "a": 1,\n "b": oops,\n "c": 2\n}').problem?.line, 3)
})

test('a pretty-printed document that breaks off is never taken for a stream of objects', () => {
  const rows = Array.from({ length: 5 }, (_, index) => `{"id": ${index}}`)
  const { documents, problem } = readJson(`[\n${rows.join(',\n')},\n{"id": `)
  assert.equal(documents.length, 0)
  assert.equal(problem?.line, 7)
})

test('a broken line of a stream costs that line only', () => {
  const { documents, problem } = readJson('{"a":1}\n{"a":\n\n{"a":3}\n')
  assert.deepEqual(
    documents.map(({ value }) => value),
    [{ a: 1 }, { a: 3 }],
  )
  assert.equal(documents[1]?.line(documents[1].value as object), 4)
  assert.equal(problem?.line, 2)
})

test('documents one after the other, pretty-printed, are all read', () => {
  const { documents, problem } = readJson('{\n "a": 1\n}\n[\n {"b": 2}\n]\n')
  assert.equal(problem, undefined)
  assert.deepEqual(
    documents.map(({ value }) => value),
    [{ a: 1 }, [{ b: 2 }]],
  )
  assert.equal(documents[1]?.line(documents[1].value as object, 0), 5)
})

test('comments and trailing commas are allowed and move no line', () => {
  const text = '// top\n{\n /* two\n lines */ "a": "http://x//y", // note\n "b": [1, 2, /* last */],\n}\n'
  const [document] = parseJson(text)
  assert.deepEqual(document?.value, { a: 'http://x//y', b: [1, 2] })
  assert.equal(document?.line(document.value as object, 'b'), 5)
})

test('with a duplicate key the last one counts, for the value and for the line', () => {
  const [document] = parseJson('{\n"a": {"x": 1},\n"a": {"x": 2}\n}')
  const value = document?.value as { a: object }
  assert.equal(document?.line(value, 'a'), 3)
  assert.equal(document?.line(value.a), 3)
})

test('`__proto__` is an own key and changes no prototype', () => {
  const [document] = parseJson('{"__proto__": {\n"admin": true}, "b": {}}')
  const value = document?.value as Record<string, object>
  assert.ok(Object.hasOwn(value, '__proto__'))
  assert.equal(({} as { admin?: boolean }).admin, undefined)
  assert.equal(document?.line(value['__proto__'] as object, 'admin'), 2)
})

test('nesting deeper than the limit is refused with its line, also in a line of a stream', () => {
  const deep = '['.repeat(JSON_DEPTH_MAX + 1) + ']'.repeat(JSON_DEPTH_MAX + 1)
  assert.match(readJson(`\n\n${deep}`).problem?.message ?? '', /deeper/)
  assert.equal(readJson(`\n\n${deep}`).problem?.line, 3)
  assert.match(readJson('['.repeat(5_000_000)).problem?.message ?? '', /deeper/)
})

test('hostile texts take linear time', () => {
  const size = 1_000_000
  const hostile = [
    `{"a":${'/*'.repeat(size / 2)}`,
    `{${'"\\"'.repeat(size / 3)}`,
    `{"a":"${'\\'.repeat(size)}`,
    `[${','.repeat(size)}`,
    `{${' '.repeat(size)}`,
    `${'{"a":1}'.repeat(size / 7)}{`,
    `${'{\n'.repeat(150)}${'"'.repeat(size)}`,
  ]
  for (const text of hostile) {
    const started = process.cpuUsage().user / 1000
    readJson(text)
    assert.ok(
      process.cpuUsage().user / 1000 - started < 3000,
      `${text.slice(0, 12)} took ${process.cpuUsage().user / 1000 - started} ms`,
    )
  }
})

test('lines of all members of a large object and a long array are found in linear time', () => {
  const members = Array.from({ length: 100_000 }, (_, index) => `"k${index}": ${index % 2 === 0 ? '{}' : '"x"'}`)
  const [document] = parseJson(
    `{"map": {\n${members.join(',\n')}\n}, "list": [\n${members.map(() => '1').join(',\n')}\n]}`,
  )
  const value = document?.value as { map: object; list: object }
  const started = process.cpuUsage().user / 1000
  for (let index = 0; index < 100_000; index++) {
    assert.equal(document?.line(value.map, `k${index}`), index + 2)
    assert.equal(document?.line(value.list, index), index + 100_003)
  }
  assert.ok(process.cpuUsage().user / 1000 - started < 3000)
})
