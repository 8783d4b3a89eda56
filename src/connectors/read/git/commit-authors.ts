// Who last changed and who first wrote the files in which principals or secrets stand: the weakest hint at an owner, but
// always there; and of a secret, who has seen it.
import type { Fact, OwnershipFact } from '#kernel'
import type { History } from './history-items.ts'

/** Machines write commits too, and own nothing. */
const NOT_A_PERSON = /\[bot\]|^noreply@|^no-reply@|^(?:actions|github-actions|bot|root)@/i

/** One fact for each file of a working tree that holds a principal or a secret, in the order of the first of them. */
export function commitAuthors(facts: readonly Fact[], histories: readonly History[]): OwnershipFact[] {
  if (histories.length === 0) return []
  const telling = facts.filter(
    (fact) => fact.type === 'principal' || (fact.type === 'credential' && fact.exposure === 'embedded'),
  )
  const files = new Set(telling.map(({ provenance }) => provenance.file))
  return [...files].flatMap((file) => {
    // the innermost repository: the one with the longest root
    const found = histories
      .map((history) => ({ root: history.root, authors: history.authorsOf(file) }))
      .filter(({ authors }) => authors !== undefined)
      .sort((a, b) => b.root.length - a.root.length)[0]
    if (found?.authors === undefined) return []
    const { last, lastCommit, first, repositoryPath } = found.authors
    const owners = [...new Set([last, first])].filter((email) => email.includes('@') && !NOT_A_PERSON.test(email))
    if (owners.length === 0) return []
    return [
      {
        type: 'ownership',
        of: { files: `/${literal(repositoryPath)}`, root: found.root },
        owners,
        how: 'commit_author',
        provenance: { connector: 'git', file, commit: lastCommit },
      } satisfies OwnershipFact,
    ]
  })
}

/** A gitignore-style pattern that matches this path only. */
const literal = (path: string): string => path.replaceAll(/[\\*?[\]!# ]/g, (sign) => `\\${sign}`)
