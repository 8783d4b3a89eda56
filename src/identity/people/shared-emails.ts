// One e-mail address names one person: where two rows have it, the one who has it in the roll keeps it, else the first.
import type { Current } from '#db/history'
import type { PersonRecord } from '../record/people-records.ts'
import type { FeedProblem, PersonRow } from './feed-rows.ts'

/** One who left gives an address free. Pure; says what was left out with the line. */
export function withoutSharedEmails(
  rows: ReadonlyMap<string, PersonRow>,
  roll: ReadonlyMap<string, Current<PersonRecord>>,
  problems: FeedProblem[],
): Map<string, PersonRow> {
  const holder = new Map<string, string>()
  for (const { data } of roll.values()) {
    const row = rows.get(data.feedId)
    const keeps = row === undefined ? data : row
    if (keeps.status === 'leaver') continue
    for (const email of data.emails)
      if (keeps.emails.includes(email) && !holder.has(email)) holder.set(email, data.feedId)
  }
  for (const { feedId, emails, status } of rows.values()) {
    if (status === 'leaver') continue
    for (const email of emails) if (!holder.has(email)) holder.set(email, feedId)
  }
  const fit = new Map<string, PersonRow>()
  for (const row of rows.values()) {
    const emails = row.emails.filter((email) => row.status === 'leaver' || holder.get(email) === row.feedId)
    const lost = row.emails.find((email) => !emails.includes(email))
    if (lost !== undefined) {
      const other = holder.get(lost) ?? '?'
      problems.push({ ...row.place, message: `\`${other}\` has the same e-mail: it was left out here` })
    }
    fit.set(row.feedId, emails.length === row.emails.length ? row : { ...row, emails })
  }
  return fit
}
