// The words by which a principal is found: each identifier as it is written, and each word inside it.
import type { PrincipalRecord } from '../record/principal-record.ts'

export const SEARCH_TEXT_MAX = 4000
/** PostgreSQL leaves out words of more than 2 KiB; nobody types one of two hundred characters. */
const WORD_MAX = 200

/** `payments` finds `arn:aws:iam::1:role/PaymentsDeploy`: words end at separators and where the case changes. */
export function withSearchText<D extends PrincipalRecord>(record: D): D {
  const words = new Set<string>()
  let length = 0
  for (const text of textsOf(record)) {
    for (const word of wordsIn(text.slice(0, SEARCH_TEXT_MAX))) {
      if (words.has(word)) continue
      length += word.length + 1
      if (length > SEARCH_TEXT_MAX) return { ...record, searchText: [...words].join(' ') }
      words.add(word)
    }
  }
  return { ...record, searchText: [...words].join(' ') }
}

/** What people look for first stands first, since what is too long is cut at the end. */
function* textsOf(record: PrincipalRecord): Generator<string> {
  yield record.name
  yield record.externalId
  if (record.purpose !== undefined) yield record.purpose.value
  yield* record.refs
  if (record.workloadScope !== undefined) yield record.workloadScope
  for (const [key, value] of Object.entries(record.labels)) {
    yield key
    yield value
  }
}

function* wordsIn(text: string): Generator<string> {
  for (const run of text.normalize('NFKC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? []) {
    yield run.slice(0, WORD_MAX).toLowerCase()
    const inner = run
      .replaceAll(/([\p{Ll}\p{N}])(?=\p{Lu})/gu, '$1 ')
      .replaceAll(/(\p{Lu})(?=\p{Lu}\p{Ll})/gu, '$1 ')
      .split(' ')
    if (inner.length > 1) for (const word of inner) yield word.slice(0, WORD_MAX).toLowerCase()
  }
}
