// What breaks when an account is held: who is signed in with its credential, who is given it, and the files that have it. Pure.
import type { SessionGroup } from '#http'
import type { TargetSession } from '#connectors/target'
import type { Whose } from './whose.ts'

const FILES_SHOWN = 20

/** What has the value, or names it, signs in with it: it breaks, whether or not it runs just now. */
export function filesOf(credentials: Whose['credentials']): string[] {
  const found = credentials.flatMap(({ data }) => data.locations).filter(({ exposure }) => BREAKS.has(exposure))
  const lines = found.map(({ file, startLine, exposure }) => {
    const where = startLine === undefined ? file : `${file}:${startLine}`
    return `${where} ${BREAKS.get(exposure) ?? ''}: what runs it can not sign in any more`
  })
  const all = [...new Set(lines)]
  const more = all.length - FILES_SHOWN
  return more > 0 ? [...all.slice(0, FILES_SHOWN), `and ${more} more places in files`] : all
}

const BREAKS: ReadonlyMap<string, string> = new Map([
  ['embedded', 'has the value'],
  ['reference', 'names it'],
])

export const usesOf = ({ consumers }: Whose, sessions: readonly SessionGroup[]): string[] => [
  ...sessions.map(({ application, from, database, count }) => {
    const many = count === 1 ? '1 session' : `${count} sessions`
    return `${application || 'an application without a name'} from ${from} on ${database}: ${many} end, and no new one begins`
  }),
  ...consumers.map(({ data }) => `${data.name} (${data.kind.replaceAll('_', ' ')}) is given it to use, by the roll`),
]

export function grouped(sessions: readonly TargetSession[]): SessionGroup[] {
  const groups = new Map<string, SessionGroup>()
  for (const { application, from, database, startedAt } of sessions) {
    const key = JSON.stringify([application, from, database])
    const known = groups.get(key) ?? { application, from, database, count: 0, since: startedAt }
    const since = known.since < startedAt ? known.since : startedAt
    groups.set(key, { ...known, count: known.count + 1, since })
  }
  return [...groups.values()]
}
