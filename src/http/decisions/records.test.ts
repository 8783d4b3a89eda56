import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Id } from '#kernel'
import { lineOf } from '../../access/decision-log/decision-line.ts'
import { decide } from '../../access/decide/index.ts'
import { facts, grant, NOON, question, stateWith } from '../../access/decide/state-in-test.ts'
import { sentDecisions } from './records.ts'

const SPOOL = `spl_${'a'.repeat(32)}`

test('what a decision point writes of a decision is what a server takes, the policies that failed and odd names among it', async () => {
  const odd = '\u0001'.repeat(4000)
  const names = Array.from({ length: 30 }, (_, at) => `${at}${'\u0002'.repeat(200)}`)
  const policies = [...names, 'plain'].map(
    (name) =>
      `@id(${JSON.stringify(name).replaceAll('\\u0002', '\\u{2}')}) permit (principal, action, resource) when { context.request.no };`,
  )
  const state = await stateWith([facts('app')], [grant('grt_1', 'app')], policies.join('\n'))
  const asked = question('app', { action: { name: odd }, resource: { type: odd, id: odd }, point: odd.slice(0, 100) })
  const of = (about: typeof asked): ReturnType<typeof lineOf> =>
    lineOf({ id: 'dec_1' as Id<'decision'>, question: about, decision: decide(state, about, NOON) })
  const line = of(asked)
  assert.equal(line.failed?.length, 5)
  const text = JSON.stringify({ ...line, grantId: 'grt_'.padEnd(60, 'x') })
  assert.equal(sentDecisions(JSON.stringify({ source: SPOOL, lines: [{ seq: 1, text }] })).lines.length, 1)
  const few = await stateWith([facts('app')], [grant('grt_1', 'app')], policies.at(-1))
  const granted = lineOf({
    id: 'dec_2' as Id<'decision'>,
    question: question('app'),
    decision: decide(few, question('app'), NOON),
  })
  assert.deepEqual([granted.allowed, granted.failed], [true, ['plain']])
  const sound = await stateWith([facts('app')], [grant('grt_1', 'app')])
  const silent = lineOf({
    id: 'dec_3' as Id<'decision'>,
    question: question('app'),
    decision: decide(sound, question('app'), NOON),
  })
  assert.ok(!('failed' in silent))
})
