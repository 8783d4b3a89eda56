import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { levelOfAction } from './action-level.ts'

test('who asks about actions with ever new long names does not fill the memory', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const before = process.memoryUsage().heapUsed
  // as many as are remembered
  for (let at = 0; at < 9000; at++)
    assert.equal(levelOfAction(Buffer.from(`${'\u0100'.repeat(4000)}${at}:get`).toString()), 'read')
  collect()
  const kept = process.memoryUsage().heapUsed - before
  assert.ok(kept < 10_000_000, `${Math.round(kept / 1_000_000)} MB`)
})
