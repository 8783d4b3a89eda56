// Refuses dependencies whose licence would bind Reeve's users: AGPL, GPL, BSL and the like, or no licence at all.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const REFUSED = /^(?:AGPL|GPL|BUSL|BSL-1\.1|SSPL|CC-BY-NC|Elastic)/i

interface LockedPackage {
  readonly version?: string
  readonly license?: string
  readonly link?: boolean
}

/** An SPDX expression is refused when every alternative of it holds a refused licence, or when it says nothing. */
export function isRefused(expression: string | undefined): boolean {
  if (expression === undefined || expression.trim() === '' || /^(?:UNLICENSED|SEE LICEN[CS]E)/i.test(expression))
    return true
  const alternatives = expression.replaceAll(/[()]/g, ' ').split(/\s+OR\s+/i)
  return alternatives.every((alternative) =>
    alternative.split(/\s+AND\s+/i).some((licence) => REFUSED.test(licence.trim())),
  )
}

/** Reads the lock file, so that what is checked is what gets installed. Names each offender with its licence. */
export function refusedPackages(lock: { readonly packages: Readonly<Record<string, LockedPackage>> }): string[] {
  return Object.entries(lock.packages)
    .filter(
      ([path, locked]) =>
        path.startsWith('node_modules/') && locked.link !== true && isRefused(licenceOf(path, locked)),
    )
    .map(
      ([path, locked]) =>
        `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${locked.version ?? '?'}: ${licenceOf(path, locked) ?? 'no licence stated'}`,
    )
}

/** Old packages state a `licenses` list, which the lock file does not carry. */
function licenceOf(path: string, locked: LockedPackage): string | undefined {
  if (locked.license !== undefined) return locked.license
  try {
    const manifest = JSON.parse(readFileSync(`${path}/package.json`, 'utf8')) as {
      license?: unknown
      licenses?: { type?: string }[]
    }
    if (typeof manifest.license === 'string') return manifest.license
    return manifest.licenses?.flatMap((licence) => licence.type ?? []).join(' OR ')
  } catch {
    return undefined // not installed on this platform, and the lock file says nothing: refused
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const refused = refusedPackages(
    JSON.parse(readFileSync('package-lock.json', 'utf8')) as Parameters<typeof refusedPackages>[0],
  )
  for (const line of refused) process.stderr.write(`refused licence: ${line}\n`)
  process.exitCode = refused.length === 0 ? 0 : 1
}
