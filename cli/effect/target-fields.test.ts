import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newSettings, settingsWith } from './target-fields.ts'
import type { Settings } from './target-fields.ts'

const NOW: Settings = {
  ...newSettings('main'),
  address: { host: 'db.example', port: 5432 },
  administrator: { user: 'reeve_admin', password: 'file:/run/secrets/main' },
  entrances: [{ host: 'pooler.example', port: 6432 }],
  standbys: [{ host: 'standby.example', port: 5432 }],
  ca: 'file:/run/secrets/ca',
  probeInClear: true,
  successor: 'keeper',
}

describe('what is said of a target', () => {
  test('stays as it is where nothing is said of it', () => {
    assert.deepEqual(settingsWith(NOW, {}), NOW)
    assert.deepEqual(settingsWith(NOW, { successor: 'owner', port: 5433, user: 'admin', entrance: ['[::1]:7000'] }), {
      ...NOW,
      successor: 'owner',
      address: { host: 'db.example', port: 5433 },
      administrator: { user: 'admin', password: 'file:/run/secrets/main' },
      entrances: [{ host: '::1', port: 7000 }],
    })
  })

  test('is taken away where that is said, and is absent then', () => {
    const nothing = { ca: false, entrance: false, standby: false, probeInClear: false, successor: false } as const
    const { ca: _c, standbys: _s, probeInClear: _p, successor: _r, ...rest } = NOW
    assert.deepEqual(settingsWith(NOW, nothing), { ...rest, entrances: [] })
  })
})
