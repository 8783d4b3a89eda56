// The settings of a scan: the named reeve.yaml, or the one in the scanned or else the current directory.
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { loadConfig } from '#config'
import type { Config } from '#config'
import type { ScanOptions } from './options.ts'
import { bytesOf } from './read-input.ts'
import { remark } from './remark.ts'

export interface Settings {
  readonly config: Config
  /** Where they come from; `undefined` when there is no such file. */
  readonly file?: string
  /** Feeds of people, as paths from the current directory. */
  readonly people: readonly string[]
  /** What a file that was found, not named, hides or lowers. For the report: it may be written by whoever wrote the tree. */
  readonly hides: readonly string[]
}

const NAME = 'reeve.yaml'

/** Says on standard error which file was used: settings can hide findings. Throws a Fault on a file that is not valid. */
export async function settingsFrom(roots: readonly string[], options: ScanOptions): Promise<Settings> {
  const file = options.config === false ? undefined : (options.config ?? (await found(roots)))
  if (file === undefined) return { config: loadConfig('', NAME), people: feeds([], '.', options), hides: [] }
  const config = loadConfig(Buffer.from(await bytesOf(file, 'the settings')).toString('utf8'), file)
  const hides = options.config === undefined ? hiddenBy(config, file) : []
  remark(
    options,
    `settings of ${file}${hides.length === 0 ? '' : ` (they hide or lower findings: see the blind spots; --no-config ignores them)`}`,
  )
  return { config, file, people: feeds(config.people, dirname(file), options), hides }
}

async function found(roots: readonly string[]): Promise<string | undefined> {
  for (const folder of [...roots.filter((root) => root !== '-'), '.']) {
    const file = join(folder, NAME)
    const there = await stat(file).catch(() => undefined)
    if (there?.isFile() === true) return file
  }
  return undefined
}

const feeds = (listed: readonly string[], folder: string, { people }: ScanOptions): string[] => [
  ...(people === undefined ? [] : [people]),
  ...listed.map((path) => join(folder, path)),
]

function hiddenBy({ scan, classification, owners, governance }: Config, file: string): string[] {
  const parts = [
    [scan.exclude.length, 'leaves files unread (`scan.exclude`)'],
    [classification.length, 'sets environment, criticality or owner (`classification`)'],
    [owners.length, 'names owners (`owners`)'],
    [Object.keys(governance.rotateWithinDays).length, 'changes rotation limits (`rotateWithinDays`)'],
    [governance.firstPartyOwners.length, 'declares owners of CI actions its own (`firstPartyOwners`)'],
    [scan.failOn === undefined ? 0 : 1, 'sets the bar of the exit code (`scan.failOn`)'],
    [governance.ownAccounts.length, 'declares AWS accounts its own (`ownAccounts`)'],
  ] as const
  return parts.filter(([count]) => count > 0).map(([, what]) => `${file} was found and used, and it ${what}`)
}
