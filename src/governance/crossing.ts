// In which environments a secret is found, each with the evidence.
import { environmentOfLabel, environmentOfPath } from '#identity'
import type { Environment } from '#identity'
import type { Location } from '#kernel'
import type { EstateReader } from './dossier.ts'
import type { SameSecret } from './shared-secret.ts'
import { placeOf } from './subject.ts'

/** Below this a value may be an example, and examples are the same everywhere. */
const CONFIDENCE_MIN = 0.6

export interface Presence {
  readonly because: string
  readonly location?: Location
}

/** By what its sources say, by whom it belongs to and is given to, and by the folders in which its value lies. */
export function environmentsOf(group: SameSecret, estate: EstateReader): Map<Environment, Presence> {
  const found = new Map<Environment, Presence>()
  const add = (environment: Environment | 'unknown' | undefined, because: string, location?: Location): void => {
    if (environment === undefined || environment === 'unknown' || found.has(environment)) return
    found.set(environment, { because, ...(location === undefined ? {} : { location }) })
  }
  for (const credential of group) {
    for (const { value, reason } of credential.environmentHints) add(environmentOfLabel(value), reason)
    const owners = credential.principalId === undefined ? [] : [credential.principalId]
    for (const id of [...owners, ...credential.alsoOf, ...credential.consumers]) {
      const dossier = estate.dossier(id)
      if (dossier === undefined) continue
      const { principal, classification } = dossier
      const place = principal.provenance[0]
      add(
        classification.environment.value,
        `${principal.externalId} has it`,
        place === undefined ? undefined : placeOf(place),
      )
    }
    for (const sighting of credential.sightings) {
      if (sighting.exposure !== 'embedded' || (sighting.confidence ?? 1) < CONFIDENCE_MIN) continue
      add(environmentOfPath(sighting.file).value, `its value stands in ${sighting.file}`, placeOf(sighting))
    }
  }
  return found
}

/** Whether production shares with anything else. Two environments beside production are told apart, but not reported. */
export const crossesProduction = (environments: ReadonlyMap<Environment, Presence>): boolean =>
  environments.size > 1 && environments.has('production')
