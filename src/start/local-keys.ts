// The keys of a server on this machine, for its operator: opened where they are, never made here.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, systemClock } from '#kernel'
import { openKeys } from '#keys'
import type { KeyKind, Keys } from '#keys'
import { dataDirectoryFrom } from './data-directory.ts'

export async function localKeys(options: {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly dataDirectory?: string
  /** Kinds whose key is gone for good. */
  readonly acceptLoss?: readonly KeyKind[]
}): Promise<Keys> {
  const folder = join(dataDirectoryFrom(options.dataDirectory, options.environment), 'keys')
  const there = await stat(folder).catch(() => undefined)
  if (there?.isDirectory() !== true) {
    throw new Fault('usage', `there are no keys at \`${folder}\`: name the server's directory with --data-dir`)
  }
  return await openKeys(folder, systemClock, { acceptLoss: options.acceptLoss ?? [] })
}
