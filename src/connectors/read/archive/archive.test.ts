import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { offered, principalsOf, readHere, said, withTree } from '../tree-in-test.ts'
import { pax, tar, zip } from './pack-in-test.ts'

const inner = [
  { name: 'etc/app.env', content: 'A=1' },
  { name: 'b.json', content: '{"a":1}' },
]

test('files of zip, tar, compressed tar, gzip and zstd are read under `archive!/member`', async () => {
  const tree = {
    'a.zip': zip([...inner, { name: 'stored.txt', content: 'x', stored: true }, { name: 'folder/', content: '' }]),
    'b.jar': zip([
      { name: 'App.class', content: 'x' },
      { name: 'application.properties', content: 'k=v' },
    ]),
    'c.tar': tar([{ name: './etc/', type: '5' }, ...inner]),
    'd.tgz': gzipSync(tar(inner)),
    'e.json.gz': gzipSync('{"z":1}'),
    'f.tar.zst': zstdCompressSync(tar(inner)),
    'g.whl': zip(inner, Buffer.from('#!/bin/sh\n')),
  }
  await withTree(tree, async (folder) => {
    const read = await readHere(folder)
    assert.deepEqual(said(read), [])
    assert.deepEqual(offered(read), [
      'a.zip!/etc/app.env',
      'a.zip!/b.json',
      'a.zip!/stored.txt',
      'b.jar!/application.properties',
      'c.tar!/etc/app.env',
      'c.tar!/b.json',
      'd.tgz!/etc/app.env',
      'd.tgz!/b.json',
      'e.json.gz!/e.json',
      'f.tar.zst!/etc/app.env',
      'f.tar.zst!/b.json',
      'g.whl!/etc/app.env',
      'g.whl!/b.json',
    ])
    assert.equal(principalsOf(read)[0]?.name, 'A=1')
    assert.equal(principalsOf(read)[0]?.nativeType, 'archive')
    assert.deepEqual(offered(await readHere(folder, { archives: false })).slice(0, 2), ['a.zip', 'b.jar'])
  })
})

test('archives made by the tar of this machine are read, with long and odd names', async (context) => {
  const long = `${'deep/'.repeat(40)}${'name'.repeat(20)}-é.txt`
  await withTree({ [`in/${long}`]: 'x', 'in/a b.txt': 'y' }, async (folder) => {
    for (const format of ['gnu', 'pax', 'ustar']) {
      try {
        const args = ['--format', format, '-czf', join(folder, `${format}.tgz`), '-C', join(folder, 'in'), '.']
        execFileSync('tar', args, { stdio: 'ignore' })
      } catch {
        context.diagnostic(`this machine's tar does not write ${format} here`)
        continue
      }
      const read = await readHere(join(folder, `${format}.tgz`))
      assert.deepEqual(said(read), [])
      assert.deepEqual(offered(read).sort(), [`${format}.tgz!/a b.txt`, `${format}.tgz!/${long}`])
    }
  })
})

test('pax headers give the name', () =>
  withTree({ 'a.tar': tar([pax({ path: 'true/näme.txt' }), { name: 'short', content: 'x' }]) }, async (folder) => {
    assert.deepEqual(offered(await readHere(folder)), ['a.tar!/true/näme.txt'])
  }))

test('names lead nowhere, and links and devices are no members', () => {
  const tree = {
    'a.zip': zip([
      { name: '../../etc/passwd', content: 'x' },
      { name: 'link', content: '/etc/shadow', mode: 0o120777 },
    ]),
    'b.tar': tar([
      { name: '/abs/x', content: 'x' },
      { name: 'link', type: '2' },
      { name: 'dev', type: '3' },
    ]),
  }
  return withTree(tree, async (folder) => {
    assert.deepEqual(offered(await readHere(folder)), ['a.zip!/etc/passwd', 'b.tar!/abs/x'])
  })
})

test('archives in archives are opened to the limit of depth', () => {
  const one = gzipSync(tar([{ name: 'one.txt', content: '1' }]))
  const two = zip([
    { name: 'one.tgz', content: one },
    { name: 'two.txt', content: '2' },
  ])
  const three = tar([
    { name: 'layer/two.zip', content: two },
    { name: 'blobs/sha256/aa', content: one },
  ])
  return withTree({ 'image.tar': three, 'more.zip': zip([{ name: 'image.tar', content: three }]) }, async (folder) => {
    const read = await readHere(folder)
    assert.deepEqual(offered(read), [
      'image.tar!/layer/two.zip!/one.tgz!/one.txt',
      'image.tar!/layer/two.zip!/two.txt',
      'image.tar!/blobs/sha256/aa!/one.txt',
      'more.zip!/image.tar!/layer/two.zip!/two.txt',
      'more.zip!/image.tar!/blobs/sha256/aa!/one.txt',
    ])
    assert.deepEqual(said(read), [
      'more.zip!/image.tar!/layer/two.zip!/one.tgz: archives are nested deeper than 3; raise --max-archive-depth',
    ])
  })
})

test('bombs are stopped: by ratio, by members, by bytes, by what a member says of itself', async () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024, 0x61)
  const tree = {
    'ratio.gz': gzipSync(zeros),
    'ratio.tgz': gzipSync(
      tar([
        { name: 'a', content: 'x' },
        { name: 'b', content: zeros },
      ]),
    ),
    'liar.zip': zip([{ name: 'a.txt', content: zeros, statedSize: 10 }]),
    'nested.zip': zip([{ name: 'a.gz', content: gzipSync(zeros) }]),
  }
  await withTree(tree, async (folder) => {
    const read = await readHere(folder)
    const messages = said(read)
    const bombs = messages.filter((message) => message.includes('200 times its size'))
    assert.deepEqual(
      bombs.map((message) => message.split(':')[0]),
      ['nested.zip', 'ratio.gz', 'ratio.tgz'],
    )
    assert.match(messages[0] ?? '', /^liar\.zip!\/a\.txt: the file is larger than 32 MiB/)
    assert.deepEqual(offered(read), ['ratio.tgz!/a'])
  })
  const members = zip(Array.from({ length: 50 }, (_, index) => ({ name: `f${index}`, content: 'x' })))
  await withTree({ 'm.zip': members }, async (folder) => {
    const read = await readHere(folder, { limits: { archiveMembers: 10 } })
    assert.equal(offered(read).length, 10)
    assert.match(said(read).join(), /more than 10 members/)
    const small = await readHere(folder, { limits: { archiveBytes: 20 } })
    assert.match(said(small).join(), /unpacks to more than 20 bytes/)
  })
})

test('a damaged archive is one problem, and what comes before the damage is read', () => {
  const whole = gzipSync(tar([...inner, { name: 'big.bin', content: Buffer.alloc(200_000, 'xyz') }]), { level: 0 })
  const tree = {
    'cut.tgz': whole.subarray(0, 100_000),
    'empty.zip': '',
    'no.zip': 'this is text',
    'locked.zip': zip([
      { name: 'a.txt', content: 'x', flags: 1 },
      { name: 'b.txt', content: 'y' },
    ]),
  }
  return withTree(tree, async (folder) => {
    const read = await readHere(folder)
    assert.deepEqual(offered(read), ['cut.tgz!/etc/app.env', 'cut.tgz!/b.json', 'locked.zip!/b.txt'])
    assert.deepEqual(
      said(read).map((line) => line.slice(0, 40)),
      [
        'cut.tgz: the archive is damaged or not w',
        'empty.zip: the archive is damaged or not',
        'locked.zip: 1 members are encrypted and ',
        'no.zip: the archive is damaged or not wh',
      ],
    )
  })
})

test('what the user does not want is not unpacked either', () =>
  withTree({ 'a.zip': zip([...inner, { name: 'node_modules/p/x.js', content: '1' }]) }, async (folder) => {
    assert.deepEqual(offered(await readHere(folder, { exclude: ['*.json'] })), ['a.zip!/etc/app.env'])
  }))

test('whatever is done to an archive, reading it ends without a throw', async () => {
  const samples = [zip(inner), tar(inner), gzipSync(tar(inner)), zip([{ name: 'i.zip', content: zip(inner) }])]
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...samples), damage, fc.nat(), async (sample, changes, cut) => {
      const bytes = Buffer.from(sample.subarray(0, cut % 3 === 0 ? cut % (sample.length + 1) : sample.length))
      for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value
      await withTree({ 'x.zip': bytes, 'y.tar': bytes, 'z.gz': bytes }, async (folder) => {
        const read = await readHere(folder)
        for (const path of offered(read)) assert.match(path, /^[xyz]\.(?:zip|tar|gz)!\//)
      })
    }),
    { numRuns: 150 },
  )
})
