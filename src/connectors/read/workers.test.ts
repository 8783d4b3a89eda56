import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONNECTORS } from './connectors-in-test.ts'
import { readTree } from './read-tree.ts'
import type { ReadOptions } from './read-options.ts'
import { offered, said, withTree } from './tree-in-test.ts'

const read = (folder: string, workers: number, limits: ReadOptions['limits'] = {}, hereFileBytesMax = 0) =>
  readTree(folder, {
    connectors: CONNECTORS,
    connectorsFrom: new URL('connectors-in-test.ts', import.meta.url).href,
    key: { key: Buffer.alloc(32, 7) },
    workers,
    limits,
    hereFileBytesMax,
  })

/** Enough that worker threads are used. */
const many = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  ...Object.fromEntries(
    Array.from({ length: 600 }, (_, index) => [
      `d${index % 7}/f${index}.txt`,
      `${index} `.repeat(1 + ((index * 37) % 4000)),
    ]),
  ),
  ...more,
})

test('the result is the same, byte for byte, whatever the number of threads', () =>
  withTree(many({ 'd1/broken.json': '{', 'd3/large.txt': 'x'.repeat(3_000_000) }), async (folder) => {
    const here = JSON.stringify(await read(folder, 0))
    for (const workers of [1, 2, 3]) assert.equal(JSON.stringify(await read(folder, workers)), here)
    for (const below of [1000, 10_000_000]) assert.equal(JSON.stringify(await read(folder, 2, {}, below)), here)
  }))

test('a file that ends, fills or outlasts its thread costs one problem; every other file is read once', () => {
  const bad = {
    'd0/exit.txt': 'DO exit',
    'd2/hang.txt': 'DO hang',
    'd4/recurse.txt': 'DO recurse',
    'd5/function.txt': 'DO function',
    'd6/throw.txt': 'DO throw',
  }
  return withTree(many(bad), async (folder) => {
    const result = await read(folder, 2, { fileSeconds: 1 })
    assert.deepEqual(said(result), [
      "d0/exit.txt: the reader broke down over this file (7 bytes); please report it with the file's shape, not its content",
      'd2/hang.txt: the file took longer than 1 seconds, so it was given up; exclude it or report it with its shape',
      "d4/recurse.txt: the misbehave connector could not read this file; please report it with the file's shape, not its content",
      'd5/function.txt: a connector gave something that is not data; please report it',
      "d6/throw.txt: the misbehave connector could not read this file; please report it with the file's shape, not its content",
    ])
    const paths = offered(result)
    assert.equal(paths.length, 602)
    assert.equal(new Set(paths).size, 602)
  })
})

test('a regular expression that runs away is ended too', () =>
  withTree(many({ 'd2/regex.txt': 'DO regex' }), async (folder) => {
    assert.match(said(await read(folder, 1, { fileSeconds: 1 })).join(), /^d2\/regex\.txt: the file took longer/)
  }))

test('a file that needs more memory than a thread may have costs one problem', () =>
  withTree(many({ 'd2/memory.txt': 'DO memory' }), async (folder) => {
    const result = await read(folder, 1, { workerMiB: 128 })
    assert.match(said(result).join(), /^d2\/memory\.txt: the file \(9 bytes\) needs more memory/)
    assert.equal(offered(result).length, 600)
  }))

test('when the time is over, threads that still read are ended', () =>
  withTree(many({ 'd2/hang.txt': 'DO hang' }), async (folder) => {
    const started = Date.now()
    const result = await read(folder, 2, { seconds: 2 })
    assert.ok(Date.now() - started < 10_000)
    assert.match(said(result).join(), /--time-limit/)
  }))

test('threads that cannot start at all are an error, not an empty result', () =>
  withTree(many(), async (folder) => {
    const options = {
      connectors: CONNECTORS,
      connectorsFrom: new URL('nowhere.ts', import.meta.url).href,
      workers: 2,
      hereFileBytesMax: 0,
    }
    await assert.rejects(readTree(folder, options), /do not start/)
  }))
