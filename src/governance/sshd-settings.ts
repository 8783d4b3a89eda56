// What sshd would do, from the files of its configuration: the first value counts, drop-ins where they are included.
import type { Principal } from '#identity'
import type { Location } from '#kernel'
import { isAttributes, lineOf, recordOf, recordsOf, wordOf } from './attribute.ts'

export interface SshdSetting {
  /** Lower case. */
  readonly value: string
  readonly location: Location
  /** The condition of its Match block; '' outside of any. */
  readonly match: string
}

interface Source {
  readonly file: string
  readonly attributes: Parameters<typeof recordsOf>[0]
}

const PREFIX = 'sshd_config:'
const isMain = (file: string): boolean => /(?:^|\/)sshd_config$/.test(file)

/** Every statement of a setting (lower case) in the order in which sshd reads them; empty when none is written. */
export function sshdSettings(host: Principal, name: string): SshdSetting[] {
  const sources: Source[] = []
  for (const key of Object.keys(host.attributes).sort()) {
    const attributes = host.attributes[key]
    if (key.startsWith(PREFIX) && isAttributes(attributes)) sources.push({ file: key.slice(PREFIX.length), attributes })
  }
  const main = sources.find(({ file }) => isMain(file))
  const dropIns = sources.filter(({ file }) => !isMain(file))
  if (main === undefined) return dropIns.flatMap((source) => statements(source, name))
  const included = recordsOf(main.attributes, 'includes').find((include) =>
    (wordOf(include, 'pattern') ?? '').includes('sshd_config.d'),
  )
  const from = included === undefined ? undefined : (lineOf(included) ?? 0)
  const own = statements(main, name)
  if (from === undefined) return own
  const isBefore = ({ location }: SshdSetting): boolean => (location.startLine ?? 0) < from
  return [
    ...own.filter(isBefore),
    ...dropIns.flatMap((source) => statements(source, name)),
    ...own.filter((setting) => !isBefore(setting)),
  ]
}

/** The value that holds for everyone. */
export const sshdDefault = (host: Principal, name: string): SshdSetting | undefined =>
  sshdSettings(host, name).find(({ match }) => match === '')

function statements({ file, attributes }: Source, name: string): SshdSetting[] {
  return recordsOf(recordOf(attributes, 'settings'), name).map((setting) => {
    const startLine = lineOf(setting)
    return {
      value: (wordOf(setting, 'value') ?? '').toLowerCase(),
      match: wordOf(setting, 'match') ?? '',
      location: { file, ...(startLine === undefined ? {} : { startLine, endLine: startLine }) },
    }
  })
}
