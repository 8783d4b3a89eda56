// The layers as the server holds them: each with its own pool, the one clock, and the settings that are its own.
import { administeringPersons, ADMINISTRATION_SETTINGS, endAccessOfLeavers } from '#access/records'
import type { Administration } from '#access/records'
import type { ServerSettings } from '#config'
import type { Database } from '#db'
import { IDENTITY_SETTINGS } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import { messageOf, REEVE } from '#kernel'
import type { Clock } from '#kernel'
import type { Keys } from '#keys'
import type { TargetGrants } from './target-grants.ts'

export function identityLayer(database: Database, clock: Clock, settings: ServerSettings): IdentityLayer {
  const { orphanGraceDays, leaverShareMax, leaverCountMin } = settings
  return {
    db: database.layer('identity'),
    clock,
    settings: {
      ...IDENTITY_SETTINGS,
      ...(orphanGraceDays === undefined ? {} : { orphanGraceDays }),
      ...(leaverShareMax === undefined ? {} : { leaverShareMax }),
      ...(leaverCountMin === undefined ? {} : { leaverCountMin }),
    },
  }
}

export function administration(
  database: Database,
  clock: Clock,
  keys: Keys,
  { bothAdministrations, breakGlassHoursMax }: ServerSettings,
  { fulfillers, lookForTargets }: TargetGrants,
): Administration {
  return {
    db: database.layer('access'),
    clock,
    fulfillers,
    lookForTargets,
    ...(breakGlassHoursMax === undefined ? {} : { breakGlassSecondsMax: breakGlassHoursMax * 3600 }),
    // asked at each use, so that a rotation counts at once
    tokenKeys: () => keys.keysOf('token').map((key) => ({ keyId: key.keyId, key: key.reveal() })),
    settings: { ...ADMINISTRATION_SETTINGS, bothAdministrations },
  }
}

/** Whoever leaves by a feed has no token and no role of Reeve any more when the feed is answered. */
export function endingAccessOfLeavers(
  identity: IdentityLayer,
  access: Administration,
  say: (event: string) => void,
): IdentityLayer {
  return {
    ...identity,
    administrators: async () => await administeringPersons(access),
    onPeopleLeft: async () => {
      try {
        await endAccessOfLeavers(identity, access, { actor: { id: REEVE }, at: access.clock() })
      } catch (error) {
        const why = messageOf(error)
        say(`the tokens and roles of who left end within a minute instead of now: ${why}`)
      }
    },
  }
}

/** Keyed fingerprints of a secret that Reeve itself makes, under every key that is in use. */
export const fingerprinter =
  (keys: Keys) =>
  (secret: string): { keyId: string; value: string }[] =>
    keys.keysOf('fingerprint').map((key) => ({ keyId: key.keyId, value: key.mac(secret).toString('hex') }))
