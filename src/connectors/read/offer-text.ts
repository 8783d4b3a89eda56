// Offers a text to one connector, as a scan would: for tests of adapters and for the conformance suite.
import type { Observation } from '#kernel'
import { untrustedFile } from '../input/untrusted-file.ts'
import type { Connector, ReadContext } from '../port.ts'
import { fingerprintOf, hintOf } from './fingerprint.ts'
import { readFileFacts } from './read-file.ts'

const KEY = { key: new Uint8Array(32).fill(7) }

/** A context with a fixed key; `settings` overrides what reeve.yaml would give. */
export function fixedContext(settings: Partial<Pick<ReadContext, 'scopeOf' | 'csvMapping'>> = {}): ReadContext {
  return {
    fingerprint: (secret) => fingerprintOf(KEY, secret),
    hint: hintOf,
    scopeOf: () => '',
    csvMapping: () => undefined,
    ...settings,
  }
}

/** What `connector` says of a file of this name and content; [] when it does not accept it. */
export function offerText(
  connector: Connector,
  path: string,
  content: string | Uint8Array,
  context: ReadContext = fixedContext(),
): Observation[] {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return readFileFacts(untrustedFile({ path, origin: 'tree' }, bytes), [connector], context)
}
