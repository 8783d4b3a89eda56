// For tests of adapters: offers one file, as the reader would, under a fixed key.
import type { Fact, Observation } from '#kernel'
import { untrustedFile } from './input/untrusted-file.ts'
import type { Connector } from './port.ts'
import { fingerprintOf, hintOf } from './read/fingerprint.ts'
import { readFileFacts } from './read/read-file.ts'

const KEY = { key: Buffer.alloc(32, 7) }

/** Everything that the connector says of a file of this name and content; nothing when it does not take it. */
export function offer(connector: Connector, path: string, content: string | Uint8Array): Observation[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return readFileFacts(untrustedFile({ path, origin: 'tree' }, bytes), [connector], {
    fingerprint: fingerprintInTest,
    hint: hintOf,
    scopeOf: () => '',
    csvMapping: () => undefined,
  })
}

export const fingerprintInTest = (secret: string): string => fingerprintOf(KEY, secret)

/** The observations of one type. */
export function only<T extends Observation['type']>(
  observations: readonly Observation[],
  type: T,
): Extract<Observation, { type: T }>[] {
  return observations.filter((one): one is Extract<Observation, { type: T }> => one.type === type)
}

/** A connector's facts of a file as text, to look for what must not be there. */
export const asText = (facts: readonly (Fact | Observation)[]): string => JSON.stringify(facts)
