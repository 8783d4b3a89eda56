// PostgreSQL as a target: what Reeve does there and how it sees what became of it.
import type { TargetAdapter } from '#connectors/target'
import { accountsOf } from './accounts-of.ts'
import { denyNewLogins } from './deny-new-logins.ts'
import { discover } from './discover.ts'
import { endSessions } from './end-sessions.ts'
import { examine } from './examine.ts'
import { find } from './find.ts'
import { loginTimed } from './login-timed.ts'
import { lookForOtherWays } from './look-for-other-ways.ts'
import { dropRole } from './drop-role.ts'
import { giveTimed } from './give-timed.ts'
import { observeUse } from './observe-use.ts'
import { reassignOwned } from './reassign-owned.ts'
import { allowLogins, tryCredentialAgain } from './restore.ts'
import { seeTimed } from './see-timed.ts'
import { reapTimed, takeTimed } from './take-timed.ts'
import { reachesTarget } from './timed-role.ts'
import { tryCredentialAfter, tryCredentialBefore } from './try-credential.ts'

export const postgresqlTarget: TargetAdapter = {
  system: 'postgresql',
  title: 'PostgreSQL',
  operations: {
    observe: [observeUse],
    deny: [tryCredentialBefore, denyNewLogins, lookForOtherWays('held'), tryCredentialAfter],
    contain: [tryCredentialBefore, denyNewLogins, endSessions, lookForOtherWays('held'), tryCredentialAfter],
    revoke: [
      tryCredentialBefore,
      denyNewLogins,
      endSessions,
      lookForOtherWays('dropped'),
      reassignOwned,
      dropRole,
      tryCredentialAfter,
    ],
    restore: [allowLogins, tryCredentialAgain],
  },
  examine,
  find,
  accountsOf,
  discover,
  timed: {
    reaches: reachesTarget,
    give: giveTimed,
    login: loginTimed,
    take: takeTimed,
    reap: reapTimed,
    see: seeTimed,
  },
}

export { administratorSql } from './administrator-sql.ts'
