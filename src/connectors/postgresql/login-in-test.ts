// A login of a grant that its target has, for tests.
import assert from 'node:assert/strict'
import type { TargetCall, TimedLogin, TimedRight } from '#connectors/target'
import { loginTimed } from './login-timed.ts'

export async function loginOf(call: TargetCall, right: TimedRight): Promise<TimedLogin> {
  const login = await loginTimed(call, right)
  assert.ok(login !== 'lost', `the target has lost ${right.id}`)
  return login
}
