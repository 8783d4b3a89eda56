import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fault } from '#kernel'
import { LongAnswer } from './long-answer.ts'

const isConflict = (words: RegExp) => (error: unknown) =>
  error instanceof Fault && error.code === 'conflict' && words.test(error.detail)

describe('an answer that takes long', () => {
  test('is worked out once for all who ask for the same, and anew after it was given', async () => {
    const long = new LongAnswer<number>(1000)
    let runs = 0
    const work = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return (runs += 1)
    }
    assert.deepEqual(await Promise.all([long.ask('a', work), long.ask('a', work)]), [1, 1])
    assert.equal(await long.ask('a', work), 2)
  })

  test('that is not there in time is fetched by asking again; another one is refused meanwhile', async () => {
    const long = new LongAnswer<string>(10)
    const { promise, resolve } = Promise.withResolvers<string>()
    await assert.rejects(
      long.ask('a', () => promise),
      isConflict(/ask for the same again/),
    )
    await assert.rejects(
      long.ask('b', () => Promise.resolve('b')),
      isConflict(/another one/),
    )
    resolve('a')
    assert.equal(await long.ask('a', () => Promise.resolve('never')), 'a')
    assert.equal(await long.ask('b', () => Promise.resolve('b')), 'b')
  })

  test('that fails fails for who asked, and does not stand in the way of the next', async () => {
    const long = new LongAnswer<string>(1000)
    await assert.rejects(
      long.ask('a', () => Promise.reject(new Error('no'))),
      /no/,
    )
    assert.equal(await long.ask('a', () => Promise.resolve('yes')), 'yes')
  })
})
