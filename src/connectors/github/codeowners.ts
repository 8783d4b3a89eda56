// CODEOWNERS: who answers for which files. Gitignore-style patterns; the last that matches wins, which is decided where
// the files are known. GitLab's sections are read too.
import type { Observation, OwnershipFact } from '#kernel'
import type { UntrustedFile } from '../port.ts'
import { ownedRoot } from './repository-place.ts'

const SECTION = /^\^?\[[^\]]{1,200}\](?:\[\d{1,4}\])?((?:\s.*)?)$/
const OWNER = /^(?:@[\w][\w./-]{0,200}|[^\s@]{1,100}@[^\s@]{1,200}|@@[\w-]{1,100})$/

export const isCodeowners = (path: string): boolean => /(?:^|\/)CODEOWNERS$/.test(path)

/** One fact for each pattern, in file order. A pattern without owners is an explicit "nobody": `owners: []`. */
export function* readCodeowners(file: UntrustedFile): Generator<Observation> {
  const root = ownedRoot(file)
  let sectionOwners: readonly string[] = []
  let line = 0
  for (const row of file.text().split('\n')) {
    line += 1
    const text = row.trim()
    if (text === '' || text.startsWith('#')) continue
    const section = text.length > 2000 ? null : SECTION.exec(text)
    if (section !== null) {
      sectionOwners = wordsOf(section[1] ?? '').filter((word) => OWNER.test(word))
      continue
    }
    const [pattern, ...rest] = wordsOf(text)
    if (pattern === undefined) continue
    const owners = rest.filter((word) => OWNER.test(word))
    if (owners.length < rest.length) {
      yield {
        type: 'problem',
        connector: 'github',
        file: file.path,
        startLine: line,
        message:
          'an owner that is neither `@handle`, `@org/team` nor an e-mail address: correct it, or nobody is asked',
      }
    }
    yield ownership(file, root, pattern, rest.length === 0 ? sectionOwners : owners, line)
  }
}

function ownership(
  file: UntrustedFile,
  root: string,
  pattern: string,
  owners: readonly string[],
  line: number,
): OwnershipFact {
  return {
    type: 'ownership',
    of: { files: pattern, root },
    owners: [...owners],
    how: 'codeowners',
    provenance: { connector: 'github', file: file.path, object: pattern, startLine: line, endLine: line },
  }
}

/** Words up to a comment; a backslash keeps the space or `#` behind it in the pattern. */
function wordsOf(text: string): string[] {
  const words: string[] = []
  let word = ''
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\' && /[\s#\\]/.test(text.charAt(at + 1))) {
      at += 1
      // what gitignore patterns themselves read as an escape stays one
      word += `\\${text.charAt(at)}`
    } else if (character === '#' && word === '') break
    else if (/\s/.test(character)) {
      if (word !== '') words.push(word)
      word = ''
    } else word += character
  }
  if (word !== '') words.push(word)
  return words
}
