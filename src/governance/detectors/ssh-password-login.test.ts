import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { Json } from '#kernel'
import { findingsOf, principalFact } from '../estate-in-test.ts'
import { sshPasswordLogin } from './ssh-password-login.ts'

type Settings = Record<string, readonly (readonly [value: string, line: number, match?: string])[]>

function found(files: Record<string, { settings: Settings; include?: number }>): string[] {
  const attributes: Record<string, Json> = {}
  for (const [file, { settings, include }] of Object.entries(files)) {
    attributes[`sshd_config:${file}`] = {
      settings: Object.fromEntries(
        Object.entries(settings).map(([name, list]) => [
          name,
          list.map(([value, line, match = '']) => ({ value, line, match })),
        ]),
      ),
      includes: include === undefined ? [] : [{ pattern: '/etc/ssh/sshd_config.d/*.conf', line: include }],
    }
  }
  const host = principalFact('web-1', {
    ref: ref('host', '.', 'web-1'),
    system: 'host',
    kind: 'machine',
    nativeType: 'host',
    attributes,
  })
  return findingsOf(sshPasswordLogin, [host]).map(({ discriminator, severity }) => `${discriminator} ${severity}`)
}
const MAIN = 'etc/ssh/sshd_config'
const DROP_IN = 'etc/ssh/sshd_config.d/50-hardening.conf'

test('password and root login are found', () => {
  assert.deepEqual(found({ [MAIN]: { settings: { passwordauthentication: [['yes', 3]] } } }), ['password medium'])
  assert.deepEqual(found({ [MAIN]: { settings: { permitrootlogin: [['yes', 3]] } } }), ['root high'])
  const keysOnly: Settings = { permitrootlogin: [['yes', 3]], passwordauthentication: [['no', 4]] }
  assert.deepEqual(found({ [MAIN]: { settings: keysOnly } }), ['root low'])
})

test('the first value counts, and a drop-in comes where it is included', () => {
  assert.deepEqual(
    found({
      [MAIN]: {
        settings: {
          passwordauthentication: [
            ['no', 3],
            ['yes', 9],
          ],
        },
      },
    }),
    [],
  )
  const off = { settings: { passwordauthentication: [['no', 1]] } } satisfies { settings: Settings }
  const on: Settings = { passwordauthentication: [['yes', 9]] }
  assert.deepEqual(found({ [MAIN]: { settings: on, include: 1 }, [DROP_IN]: off }), [])
  assert.deepEqual(found({ [MAIN]: { settings: on, include: 12 }, [DROP_IN]: off }), ['password medium'])
  assert.deepEqual(found({ [MAIN]: { settings: on }, [DROP_IN]: off }), ['password medium'])
})

test('a Match block is said as one; a key that is always needed makes passwords harmless', () => {
  const inMatch: Settings = {
    passwordauthentication: [
      ['no', 2],
      ['yes', 8, 'User sftp'],
    ],
  }
  assert.deepEqual(found({ [MAIN]: { settings: inMatch } }), ['password User sftp low'])
  const both: Settings = { passwordauthentication: [['yes', 2]], authenticationmethods: [['publickey,password', 3]] }
  assert.deepEqual(found({ [MAIN]: { settings: both } }), [])
  assert.deepEqual(found({ [MAIN]: { settings: {} } }), [])
})
