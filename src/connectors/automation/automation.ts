// What runs by itself on hosts, as whom, and the secrets it is given: one reader per format, chosen by path.
import type { Observation } from '#kernel'
import type { Connector, ReadContext, UntrustedFile } from '../port.ts'
import { discoverCompose } from './compose.ts'
import { discoverCronScript, discoverCrontab } from './crontab.ts'
import { discoverEnvironmentFile } from './environment-file.ts'
import { discoverNetrc, discoverPgpass } from './password-files.ts'
import { discoverSudoers } from './sudoers.ts'
import { discoverSystemd } from './systemd.ts'

interface Form {
  readonly path: RegExp
  readonly not?: RegExp
  readonly head?: RegExp
  discover(file: UntrustedFile, context: ReadContext): Iterable<Observation>
}

const HEAD = 65_536
const EXAMPLE = /(?:^|[./_-])(?:example|sample|template|tmpl|dist|defaults?|schema)(?:[./_-]|$)/i
const CRON_SCRIPT = /(?:^|\/)cron\.(?:hourly|daily|weekly|monthly)\/[^/.][^/]*$/
const CRONTAB =
  /(?:^|\/)crontab$|\.cron(?:tab)?$|(?:^|\/)cron\.d\/[\w-][\w.-]*$|(?:^|\/)var\/spool\/cron\/(?:crontabs\/|tabs\/)?[\w.-]+$/

/** The first form whose path (and head) fits reads the file. */
const FORMS: readonly Form[] = [
  { path: CRON_SCRIPT, discover: discoverCronScript },
  // a script that cron runs may be named so too
  { path: CRONTAB, head: /^(?!#!)/, not: /\.(?:dpkg-\w+|rpmsave|bak)$|~$/, discover: discoverCrontab },
  {
    path: /\.(?:service|timer)$|\.(?:service|timer)\.d\/[^/]+\.conf$/,
    head: /^\[(?:Unit|Service|Timer)\]/m,
    discover: discoverSystemd,
  },
  { path: /(?:^|\/)sudoers$|(?:^|\/)sudoers\.d\/[^/.~]+$/, discover: discoverSudoers },
  {
    path: /(?:^|\/)(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/,
    head: /^services[ \t]*:/m,
    discover: discoverCompose,
  },
  { path: /(?:^|\/)(?:\.?pgpass|pgpass\.conf)$/, discover: discoverPgpass },
  { path: /(?:^|\/)[._]netrc$/, discover: discoverNetrc },
  { path: /(?:^|\/)\.env(?:rc|\.[\w.-]+)?$|\.env$/, not: EXAMPLE, discover: discoverEnvironmentFile },
]

function formOf(file: UntrustedFile): Form | undefined {
  return FORMS.find(
    ({ path, not, head }) =>
      path.test(file.path) &&
      not?.test(file.path.slice(file.path.lastIndexOf('/') + 1)) !== true &&
      (head === undefined || head.test(file.text().slice(0, HEAD))),
  )
}

export const automation: Connector = {
  id: 'automation',
  title: 'Automation on hosts and in compose files',
  reads: 'crontabs, systemd units and timers, sudoers, .env, .pgpass, .netrc, docker-compose',
  verbs: ['discover'],
  blindSpots: [
    'what a script or program does beyond its command line is not followed',
    'accounts that come from a directory service (LDAP, SSSD) and sudo rules kept there are not in these files',
    'values that arrive at run time (EnvironmentFile, env_file, secret stores) are known by name only',
  ],
  accepts: (file) => !file.binary && formOf(file) !== undefined,
  discover: (file, context) => formOf(file)?.discover(file, context) ?? [],
}
