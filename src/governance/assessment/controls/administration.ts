// Reeve itself: who may use it, and whether its evidence is whole.
import { msAfter } from '#kernel'
import { csf, HOLDS, nhi, violates } from '../control.ts'
import type { AssertedControl, Surroundings } from '../control.ts'

const gone = (id: string | undefined, { leavers, retired }: Surroundings): string | undefined => {
  if (id === undefined) return undefined
  if (leavers.has(id)) return `${id} left on ${leavers.get(id) ?? ''}`
  return retired.has(id) ? `${id} is retired` : undefined
}

export const HOLDERS: readonly AssertedControl<'holders'>[] = [
  {
    id: 'administrations-apart',
    title: 'Nobody administers both identities and access',
    statement: 'no subject holds the roles identity-admin and access-admin at once',
    query: `role assignments grouped by subject where ended_at is null and role in ('identity-admin', 'access-admin') having count(distinct role) = 2`,
    references: csf('PR.AA-05', 'GV.RR-02'),
    over: 'holders',
    applies: ({ data }) => data.roles.some((role) => role.endsWith('-admin')),
    judge: ({ data }) =>
      data.roles.includes('identity-admin') && data.roles.includes('access-admin')
        ? violates('it holds both administrations')
        : HOLDS,
    shows: ({ data }) => ({ roles: data.roles.join(' ') }),
  },
  {
    id: 'roles-of-the-present',
    title: 'Nobody who left holds a role of Reeve',
    statement: 'no role of Reeve is held by a leaver or a retired API client',
    query: `role assignments where ended_at is null and subject is a leaver or a retired principal`,
    references: [...csf('PR.AA-05', 'GV.RR-04'), ...nhi(1)],
    over: 'holders',
    applies: () => true,
    judge: ({ id }, around) => {
      const why = gone(id, around)
      return why === undefined ? HOLDS : violates(why)
    },
    shows: ({ data }) => ({ roles: data.roles.join(' ') }),
  },
]

export const TOKENS: readonly AssertedControl<'tokens'>[] = [
  {
    id: 'tokens-of-the-present',
    title: 'No token of Reeve is of somebody who left',
    statement: 'no token of Reeve that still works is of a leaver or of a retired API client',
    query: `tokens where revoked_at is null and expires_at > :at and subject is a leaver or a retired principal`,
    references: [...csf('PR.AA-01', 'GV.RR-04'), ...nhi(1, 7)],
    over: 'tokens',
    applies: ({ data }, { at }) => data.expiresAt > at,
    judge: ({ data }, around) => {
      const why = gone(data.subjectId, around)
      return why === undefined ? HOLDS : violates(why)
    },
    shows: ({ data }) => ({ subject: data.subjectId ?? 'bootstrap', expires_at: data.expiresAt }),
  },
]

export const VERSIONS: readonly AssertedControl<'versions'>[] = [
  {
    id: 'change-has-entry',
    title: 'Every record with versions stands on an entry of the log',
    statement: 'the newest version of each record that has versions, hashed anew, is what its entry says',
    query: `records left join entries on (record_id, record_version) where entries.record_hash is distinct from records.hash`,
    references: csf('PR.PS-04', 'PR.DS-01'),
    over: 'versions',
    applies: () => true,
    judge: ({ data }) => {
      if (data.entryHash === undefined) return violates('no entry made this version')
      return data.entryHash === data.hash ? HOLDS : violates('its entry carries another hash')
    },
    shows: ({ data }) => ({ hash: data.hash, entry_hash: data.entryHash }),
  },
]

export const TOLD: readonly AssertedControl<'told'>[] = [
  {
    id: 'row-has-entry',
    title: 'Every token, role, approval and exposure stands on an entry of the log',
    statement:
      'each token, role assignment, approval and exposure, hashed anew, is as the log was last told of it, and none that it was told of is gone',
    query: `rows full join their newest row_change on key where row_change.hash is distinct from sha256(salt || row)`,
    references: csf('PR.PS-04', 'PR.DS-01'),
    over: 'told',
    applies: () => true,
    judge: ({ data: { problems } }) => (problems.length === 0 ? HOLDS : violates(problems.join('; '))),
    shows: ({ data }) => ({ not_as_told: data.problems.length }),
  },
]

export const LOG: readonly AssertedControl<'log'>[] = [
  {
    id: 'log-signed',
    title: 'Entries come under a signed checkpoint at once',
    statement: 'each entry older than the minutes that are set has its place in the log, under a signed checkpoint',
    query: `entries where at < :at - :logMinutes and (seq is null or seq >= newest checkpoint's size)`,
    references: csf('PR.PS-04'),
    over: 'log',
    applies: () => true,
    judge: ({ data: { size, waitingSince, signed } }, { at, settings }) => {
      const late = msAfter(at, -settings.logMinutes * 60_000)
      if (waitingSince !== undefined && waitingSince < late)
        return violates(`an entry of ${waitingSince} waits for its place`)
      return size > 0 && signed === undefined ? violates('no checkpoint was ever signed') : HOLDS
    },
    shows: ({ data }) => ({ size: data.size, signed_size: data.signed?.size, signed_at: data.signed?.at }),
  },
  {
    id: 'log-cosigned',
    title: 'A witness cosigned the log',
    statement:
      'each entry older than the minutes that are set is under a checkpoint that a witness cosigned whose key was given',
    query: `entries where at < :at - :witnessMinutes and seq >= size of the newest checkpoint with a good cosignature by a given key`,
    references: csf('PR.PS-04', 'PR.DS-01'),
    over: 'log',
    applies: () => true,
    judge: ({ data: { size, cosigned, uncosignedSince, trusted } }, { at, settings }) => {
      if (trusted === 0)
        return { is: 'undecided', why: 'a witness: run reeve witness on another host, and give its key to the server' }
      const late = msAfter(at, -settings.witnessMinutes * 60_000)
      if (uncosignedSince === undefined || uncosignedSince >= late) return HOLDS
      const last = cosigned === undefined ? 'none ever was' : `the last cosignature is of ${cosigned.at}`
      return violates(`${size - (cosigned?.size ?? 0)} entries since ${uncosignedSince} are not cosigned; ${last}`)
    },
    shows: ({ data }) => ({
      signed_at: data.signed?.at,
      cosigned_size: data.cosigned?.size,
      cosigned_at: data.cosigned?.at,
      cosigned_by: data.cosigned?.by.join(' '),
      uncosigned_since: data.uncosignedSince,
      not_believed: data.strangers.join(' '),
    }),
  },
]
