// The keys of a server on this machine, for its operator: opened where they are, never made here.
import { join } from 'node:path'
import { systemClock } from '#kernel'
import { openKeys } from '#keys'
import type { KeyKind, Keys } from '#keys'
import { directoryWithKeys } from './served-directory.ts'

export async function localKeys(options: {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly dataDirectory?: string
  /** Kinds whose key is gone for good. */
  readonly acceptLoss?: readonly KeyKind[]
}): Promise<Keys> {
  const folder = join(await directoryWithKeys(options.dataDirectory, options.environment), 'keys')
  return await openKeys(folder, systemClock, { acceptLoss: options.acceptLoss ?? [] })
}
