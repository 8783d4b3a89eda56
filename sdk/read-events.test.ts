import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readEvents } from './read-events.ts'
import type { ServerEvent } from './read-events.ts'
import { ServerClock } from './server-clock.ts'

async function read(...chunks: readonly string[]): Promise<ServerEvent[]> {
  async function* arriving(): AsyncGenerator<string> {
    for (const chunk of chunks) yield await Promise.resolve(chunk)
  }
  return await Array.fromAsync(readEvents(arriving()))
}

describe('events of a feed', () => {
  test('an event is whole however it was cut on the way, and what is not finished is none', async () => {
    const text = 'data: {"a":1}\n\n: a comment\n\nevent: position\ndata: {"b":2}\n\ndata: {"c"'
    const expected = [
      { event: 'message', data: '{"a":1}' },
      { event: 'position', data: '{"b":2}' },
    ]
    for (let at = 0; at <= text.length; at++) assert.deepEqual(await read(text.slice(0, at), text.slice(at)), expected)
  })
})

describe('the time of the server', () => {
  test('a machine that is late or early has the time of the server, by the message that travelled the least', () => {
    for (const wrong of [-600_000, 600_000]) {
      let real = 1_000_000
      const clock = new ServerClock(() => real + wrong)
      for (const travelled of [900, 40, 2000]) clock.heard(real - travelled)
      assert.equal(clock.now(), real - 40)
      real += 5000
      assert.equal(clock.now(), real - 40)
    }
  })

  test('what has expired does not come back because the clock is set back a little', () => {
    let machine = 1_000_000
    const clock = new ServerClock(() => machine)
    assert.equal(clock.now(), 1_000_000)
    machine -= 60_000
    assert.equal(clock.now(), 1_000_000)
  })
})
