import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRefused, refusedPackages } from './licences.ts'

test('copyleft that binds users, source-available and unstated licences are refused', () => {
  for (const licence of [
    'AGPL-3.0',
    'GPL-2.0-only',
    'GPL-3.0-or-later',
    'BUSL-1.1',
    'SSPL-1.0',
    '',
    undefined,
    'UNLICENSED',
    'MIT AND AGPL-3.0',
  ]) {
    assert.equal(isRefused(licence), true, String(licence))
  }
})

test('permissive licences, weak copyleft and a permissive alternative pass', () => {
  for (const licence of [
    'MIT',
    'Apache-2.0',
    'ISC',
    '(MIT OR GPL-3.0)',
    'BSD-3-Clause',
    'MPL-2.0',
    'BlueOak-1.0.0',
    'LGPL-3.0-or-later',
  ]) {
    assert.equal(isRefused(licence), false, licence)
  }
})

test('the offender is named with its licence', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0', license: 'MIT' },
      'node_modules/@x/b': { version: '2.0.0', license: 'AGPL-3.0' },
    },
  }
  assert.deepEqual(refusedPackages(lock), ['@x/b@2.0.0: AGPL-3.0'])
})
