import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, openSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { Fault } from '#kernel'
import { offered, principalsOf, readHere, said, withTree } from './tree-in-test.ts'

const onUnix = process.platform === 'win32' ? { skip: 'no such files on Windows' } : {}

test('files are read in one order, by path, relative to the scanned directory', () =>
  withTree({ 'b.txt': '1', 'a/z.txt': '2', 'a/b/c.txt': '3', 'B.txt': '4' }, async (folder) => {
    assert.deepEqual(offered(await readHere(folder)), ['B.txt', 'a/b/c.txt', 'a/z.txt', 'b.txt'])
  }))

test('a file named by itself is relative to its directory', () =>
  withTree({ 'a/z.txt': '2' }, async (folder) => {
    assert.deepEqual(offered(await readHere(join(folder, 'a/z.txt'))), ['z.txt'])
  }))

test('several paths are relative to the root that holds them all, and nothing is read twice', () =>
  withTree({ 'a/x.txt': '1', 'a/in/y.txt': '2', 'b/z.txt': '3', 'c.txt': '4' }, async (folder) => {
    const read = await readHere(folder, { paths: ['b', 'a', 'a/in', './a/', 'c.txt'] })
    assert.deepEqual(offered(read), ['a/in/y.txt', 'a/x.txt', 'b/z.txt', 'c.txt'])
    const outside = await readHere(join(folder, 'b'), { paths: ['../a/in', '../b'] })
    assert.deepEqual(offered(outside), ['a/in/y.txt', 'b/z.txt'])
  }))

test('a path that is not there is refused: a scan of nothing must not look clean', () =>
  withTree({}, async (folder) => {
    await assert.rejects(
      readHere(join(folder, 'nope')),
      (error) => error instanceof Fault && /there is no/.test(error.detail),
    )
  }))

test('names with line feeds, and names that are not UTF-8, are read', onUnix, () =>
  withTree({ 'two\nlines.txt': 'x' }, async (folder) => {
    const raw = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff, 0x2e, 0x74])])
    const other = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xfe, 0x2e, 0x74])])
    writeFileSync(raw, 'first')
    writeFileSync(other, 'second')
    const read = await readHere(folder)
    assert.deepEqual(said(read), [])
    assert.deepEqual(offered(read), ['f\uFFFD.t', 'f\uFFFD.t', 'two\nlines.txt'])
    assert.deepEqual(
      principalsOf(read).map(({ name }) => name),
      ['second', 'first', 'x'],
    )
  }),
)

test('links are not followed: not round in circles, not out of the tree, not twice to the same file', onUnix, () =>
  withTree({ 'tree/a/x.txt': '1', 'outside/secret.txt': '2' }, async (folder) => {
    symlinkSync('..', join(folder, 'tree/a/up'))
    symlinkSync('x.txt', join(folder, 'tree/a/same.txt'))
    symlinkSync('../../outside', join(folder, 'tree/a/out'))
    symlinkSync('nowhere', join(folder, 'tree/a/broken'))
    symlinkSync('loop', join(folder, 'tree/a/loop'))
    const read = await readHere(join(folder, 'tree'))
    assert.deepEqual(offered(read), ['a/x.txt'])
    assert.match(read.blindSpots.map(({ message }) => message).join(), /3 links .* were not followed/)
    assert.deepEqual(read.problems, [])
  }),
)

test('pipes and sockets are passed over', onUnix, () =>
  withTree({ 'x.txt': '1' }, async (folder) => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const read = await readHere(folder)
    assert.deepEqual(offered(read), ['x.txt'])
    assert.deepEqual(read.problems, [])
  }),
)

test('folders of third-party code are left out and counted, unless they are asked for', async () => {
  const tree = {
    'node_modules/p/index.js': '1',
    'app/node_modules/q/index.js': '2',
    'go/vendor/modules.txt': '',
    'go/vendor/m/m.go': '3',
    'ours/vendor/own.go': '4',
    '.venv/pyvenv.cfg': '',
    '.venv/lib.py': '5',
  }
  await withTree(tree, async (folder) => {
    const read = await readHere(folder)
    assert.deepEqual(offered(read), ['ours/vendor/own.go'])
    const [spot] = read.blindSpots
    assert.match(spot?.message ?? '', /^4 folders of third-party code .*2 of packages installed by npm/)
    assert.equal(offered(await readHere(folder, { includeDependencies: true })).length, 7)
    assert.deepEqual(offered(await readHere(join(folder, 'node_modules'))), ['p/index.js'])
  })
})

test('.gitignore files are honoured where asked: nested, negated, from above; what is left out is counted', async () => {
  const tree = {
    '.git/HEAD': 'ref: refs/heads/main\n',
    '.gitignore': '*.log\n/build/\n.env\n',
    'a.log': '',
    'build/x.txt': '',
    'sub/build/x.txt': '',
    'sub/.gitignore': '!keep.log\nlocal.txt\n',
    'sub/keep.log': '',
    'sub/local.txt': '',
    'sub/deep/.env': '',
    'sub/deep/b.log': '',
  }
  await withTree(tree, async (folder) => {
    const all = await readHere(folder, { history: false })
    assert.equal(offered(all).length, 9)
    const read = await readHere(folder, { gitignore: true, history: false })
    assert.deepEqual(offered(read), ['.gitignore', 'sub/.gitignore', 'sub/build/x.txt', 'sub/keep.log'])
    assert.match(read.blindSpots.map(({ message }) => message).join(), /^5 files and folders that \.gitignore names/)
    assert.deepEqual(offered(await readHere(join(folder, 'sub/deep'), { gitignore: true, history: false })), [])
  })
})

test('include and exclude patterns decide, and leave a named file alone', () =>
  withTree({ 'a.tf': '', 'a.txt': '', 'gen/b.tf': '', 'src/c.tf': '' }, async (folder) => {
    assert.deepEqual(offered(await readHere(folder, { include: ['*.tf'], exclude: ['gen/'] })), ['a.tf', 'src/c.tf'])
    assert.deepEqual(offered(await readHere(folder, { include: ['src/'] })), ['src/c.tf'])
    assert.deepEqual(offered(await readHere(join(folder, 'a.txt'), { exclude: ['*.txt'] })), ['a.txt'])
  }))

test('a file beyond the limit is one problem that says which option helps, and costs no memory', () =>
  withTree({ 'small.txt': 'x' }, async (folder) => {
    const huge = join(folder, 'huge.txt')
    const file = openSync(huge, 'w')
    writeSync(file, 'x'.repeat(10_000))
    truncateSync(huge, 3 * 1024 ** 3)
    truncateSync((writeFileSync(join(folder, 'film.bin'), 'a\0b'), join(folder, 'film.bin')), 3 * 1024 ** 3)
    const before = process.memoryUsage().rss
    const read = await readHere(folder)
    assert.deepEqual(offered(read), ['small.txt'])
    assert.deepEqual(said(read), [
      'huge.txt: the file is larger than 32 MiB, so it was not read; raise --max-file-size',
    ])
    assert.equal(read.stats.skipped, 2)
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024)
  }))

test('limits can be raised and lowered', () =>
  withTree({ 'a.txt': 'x'.repeat(100) }, async (folder) => {
    assert.equal(said(await readHere(folder, { limits: { fileBytes: 99 } })).length, 1)
    assert.equal(said(await readHere(folder, { limits: { fileBytes: 100 } })).length, 0)
    assert.equal(said(await readHere(join(folder, 'a.txt'), { limits: { fileBytes: 99 } })).length, 0)
  }))

test('what may not be read is one problem each, and the rest is read', onUnix, (context) =>
  withTree({ 'open.txt': 'x', 'shut.txt': 'y', 'folder/z.txt': 'z' }, async (folder) => {
    chmodSync(join(folder, 'shut.txt'), 0)
    chmodSync(join(folder, 'folder'), 0)
    chmodSync(folder, 0o755)
    const user = process.geteuid?.()
    try {
      if (user === 0) process.seteuid?.(65_534)
      const read = await readHere(folder)
      assert.deepEqual(offered(read), ['open.txt'])
      assert.deepEqual(said(read), [
        'shut.txt: the file could not be read: permission denied; run as a user who may read it',
        'folder: the directory could not be read: permission denied; run as a user who may read it',
      ])
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EPERM') throw error
      context.skip('this user may not become another')
    } finally {
      if (user === 0) process.seteuid?.(0)
      chmodSync(join(folder, 'folder'), 0o755)
    }
  }),
)

test('each damaged file is one problem with its line, and the others are read', async () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]']
  for (const name of Array.from('bcdefghij')) {
    const before = String.fromCharCode(name.charCodeAt(0) - 1)
    bomb.push(`${name}: &${name} [${`*${before},`.repeat(9)}*${before}]`)
  }
  const tree = {
    'a-broken.json': '{\n "a": 1,\n "b": [\n',
    'b-latin.env': Buffer.from('A=1\nB=\xe9\n', 'latin1'),
    'c-bomb.yaml': bomb.join('\n'),
    'd-binary.dat': Buffer.from([0, 1, 2, 0xff, 0xfe]),
    'e-bom.csv': '\uFEFFid,name\n1,"two\nlines"\n',
    'f-template.yaml': '{{- if .Values.x }}\na: 1\n{{- end }}\n',
    'g-tsconfig.json': '// note\n{ "a": 1, }\n',
    'h-wide.txt': Buffer.from('\uFEFFplain', 'utf16le'),
    'i-good.json': '{}',
    'j-deep.json': `${'{"a":['.repeat(500)}${']}'.repeat(500)}`,
  }
  await withTree(tree, async (folder) => {
    const read = await readHere(folder)
    assert.deepEqual(said(read), [
      'a-broken.json:3 the JSON does not parse: it ends too early',
      'b-latin.env:2 the text is not valid UTF-8; what is not was read as replacement characters',
      'c-bomb.yaml:7 the YAML aliases expand to more than 2000000 nodes',
      'j-deep.json:1 the JSON is nested deeper than 200',
    ])
    assert.equal(offered(read).length, 10)
    assert.equal(read.stats.partial, true)
  })
})

test('a NUL byte does not hide a file whose name says text, however large', async () => {
  const big = Buffer.alloc(3 * 1024 * 1024)
  const tree = {
    '.env': 'A=1\nB=\x002',
    'big.env': big,
    'logo.png': 'a\0b',
    'big.png': big,
    'z.json': Buffer.alloc(50, '\0\xff'),
  }
  await withTree(tree, async (folder) => {
    const read = await readHere(folder, { limits: { fileBytes: 2 * 1024 * 1024 } })
    const nul = 'the file is named as text and holds NUL bytes; they were read as spaces, so parts of it may be missing'
    assert.deepEqual(said(read), [
      `.env:2 ${nul}`,
      'big.env: the file is larger than 2 MiB, so it was not read; raise --max-file-size',
      `z.json:1 ${nul}`,
    ])
    assert.equal(principalsOf(read).find(({ externalId }) => externalId === '.env')?.name, 'A=1\nB= 2')
    assert.equal(read.stats.partial, true)
  })
})

test('standard input is a file of its own', async () => {
  const read = await readHere('.', { paths: ['-'], stdin: Readable.from([Buffer.from('{"a'), Buffer.from('":1}')]) })
  const [principal] = principalsOf(read)
  assert.equal(principal?.nativeType, 'stdin')
  assert.equal(principal?.externalId, 'stdin')
  assert.equal(principal?.name, '{"a":1}')
})

test('when the time is over the read ends, says what was left, and keeps what it has', () =>
  withTree(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}.txt`, 'x'])), async (folder) => {
    const slow = { limits: { seconds: 0.05 } }
    const read = await readHere(folder, {
      ...slow,
      stdin: (async function* () {
        yield Buffer.from('x')
        await new Promise((resolve) => setTimeout(resolve, 100))
      })(),
      paths: ['-', '.'],
    })
    assert.match(said(read).join(), /stopped after 0.05 seconds.*--time-limit/)
    assert.equal(read.stats.partial, true)
  }))

test('a mapping beside a table and scopes by pattern reach the connector', () =>
  withTree({ 'x/t.csv': 'a\n', 'x/t.csv.reeve.yaml': 'columns: {a: name}\n', 'prod/k.yaml': '' }, async (folder) => {
    const read = await readHere(folder, { scopes: [{ glob: '/prod/', cluster: 'c1' }] })
    const attributes = new Map(principalsOf(read).map((fact) => [fact.externalId, fact.attributes]))
    assert.equal(attributes.get('x/t.csv')?.['mapping'], '{"columns":{"a":"name"}}')
    assert.equal(attributes.get('prod/k.yaml')?.['cluster'], 'c1')
    assert.equal(attributes.get('x/t.csv')?.['cluster'], '')
  }))

test('progress knows how much there is', () =>
  withTree({ 'a.txt': '12', 'b.txt': '345' }, async (folder) => {
    const seen: unknown[] = []
    await readHere(folder, { onProgress: (state) => seen.push(state) })
    assert.deepEqual(seen.at(-1), { files: 2, bytes: 5, reading: 'b.txt', totalFiles: 2, totalBytes: 5 })
  }))

test('nesting of directories has no limit of ours', () =>
  withTree({}, async (folder) => {
    mkdirSync(join(folder, ...Array.from({ length: 300 }, () => 'd')), { recursive: true })
    assert.deepEqual((await readHere(folder)).problems, [])
  }))
