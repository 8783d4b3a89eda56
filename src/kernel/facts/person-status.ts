// The words that feeds use for whether a person is there. One table, whatever way the feed comes.
import type { PersonFact } from './person.ts'

type Status = PersonFact['status']

const WORDS: ReadonlyMap<string, Status> = new Map([
  ['active', 'active'],
  ['employed', 'active'],
  ['enabled', 'active'],
  ['leaver', 'leaver'],
  ['left', 'leaver'],
  ['terminated', 'leaver'],
  ['inactive', 'leaver'],
  ['disabled', 'leaver'],
  ['suspended', 'leaver'],
  ['on_leave', 'on_leave'],
  ['leave', 'on_leave'],
  ['sabbatical', 'on_leave'],
  // said, and no answer: it changes no status that is known
  ['unknown', 'unknown'],
  ['', 'unknown'],
])

/**
 * Without case, with `-` or space for `_`. INVARIANT: a word that is not in the table is never taken for `active`; it is
 * kept beside the status, so that whoever applies the feed can name it.
 */
export function personStatus(word: string): Pick<PersonFact, 'status' | 'unknownStatus'> {
  const status = WORDS.get(word.trim().toLowerCase().replaceAll(/[\s-]/g, '_'))
  return status === undefined ? { status: 'unknown', unknownStatus: word } : { status }
}
