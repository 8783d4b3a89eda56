// `reeve restore`: a backup back into a data directory, without making live again what ended since then.
import { Command } from 'commander'
import type { RestoredBackup } from '#main'
import { answerJson, say } from './terminal/answer.ts'
import { numberText } from './words.ts'
import { version } from './version.ts'

interface RestoreOptions {
  readonly dataDir?: string
  readonly evidence?: string
  readonly replace?: boolean
  readonly withoutEvidence?: boolean
  readonly keepTokens?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
What was revoked, leaked, rotated, quarantined or retired after the backup is put into that state again, as far as newer
evidence says: a newer backup (--evidence), or the database that is replaced (--replace). What it cannot know is listed.
Tokens are all revoked, since any may have leaked in the time that is lost. It is done whole or not at all.

Examples:
  reeve restore old.reeve-backup --data-dir /var/lib/reeve-new --evidence newer.reeve-backup
  reeve restore before-upgrade.reeve-backup --replace
  reeve restore only.reeve-backup --data-dir /var/lib/reeve-new --without-evidence
`

export function restoreCommand(): Command {
  return new Command('restore')
    .description('put a backup back; stop the server first')
    .argument('<file>', 'the backup')
    .option('--data-dir <directory>', 'into which (default: REEVE_DATA_DIR, else as reeve serve)')
    .option('--evidence <file>', 'a newer backup: what it knows as ended stays ended')
    .option('--replace', 'replace a database that is not empty; what it knows as ended stays ended')
    .option('--without-evidence', 'nothing newer can be read')
    .option('--keep-tokens', 'leave tokens live that nothing newer says were revoked')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(restore)
}

async function restore(path: string, options: RestoreOptions): Promise<void> {
  const { restoreBackup } = await import('#main')
  const { dataDir, evidence, replace = false, withoutEvidence = false, keepTokens = false, json } = options
  const done = await restoreBackup({
    environment: process.env,
    release: version,
    path,
    replace,
    withoutEvidence,
    keepTokens,
    ...(dataDir === undefined ? {} : { dataDirectory: dataDir }),
    ...(evidence === undefined ? {} : { evidencePath: evidence }),
  })
  if (json === true) await answerJson(answerOf(done))
  else for (const line of linesOf(done, keepTokens)) say(line)
}

const answerOf = ({ restored, replayed, evidenceGiven, knownUntil }: RestoredBackup): object => ({
  backupOf: restored.manifest.createdAt,
  rows: restored.rows,
  migrated: restored.migrated,
  evidenceGiven,
  knownUntil,
  replayed,
})

function* linesOf(
  { restored, replayed, evidenceGiven, knownUntil }: RestoredBackup,
  keepTokens: boolean,
): Generator<string> {
  const count = Object.values(restored.rows).reduce((sum, one) => sum + one, 0)
  yield `Restored ${numberText(count)} rows as of ${restored.manifest.createdAt}.`
  if (restored.migrated.length > 0) yield `Brought up to this release: ${restored.migrated.join(', ')}.`
  const { quarantined, retired, credentials, tokensRevoked, rolesEnded, unknown, leavers } = replayed
  if (evidenceGiven) {
    yield `Ended or held since then, and so again: ${retired} principals retired, ${quarantined} quarantined, ${credentials} credentials, ${rolesEnded} roles.`
    yield `Nothing is known of what happened after ${knownUntil}.`
  } else {
    yield `NOTHING is known of what happened after ${knownUntil}: whatever was revoked, quarantined or retired since then is live again in the roll.`
    yield 'Check: reeve principals list --state active; import every source again; revoke again what you know was revoked.'
  }
  const { plansPaused, plansCancelled, targetsRemoved, grantsEnded, denials } = replayed
  yield `Nothing at targets goes on by itself: ${plansPaused} plans that were under way are paused, ${plansCancelled} that waited or were cancelled are cancelled; ${targetsRemoved} targets removed, ${grantsEnded} grants ended, ${denials} denials made again.`
  yield 'Every act at targets is stopped (observe-only). Look at `reeve plan list`, `reeve target list` and the targets, then: reeve plan observe-only off --because …'
  yield `${tokensRevoked} tokens were revoked${keepTokens ? '' : ' (all that were live)'}; where no administrator has one left, the next start prints a bootstrap token.`
  if (unknown.length > 0) {
    yield `${numberText(unknown.length)} records that ended are not in the backup at all; sources that still show them bring them in as discovered:`
    for (const id of unknown.slice(0, 20)) yield `  ${id}`
  }
  if (leavers.length > 0)
    yield `${numberText(leavers.length)} people have left since then: send the feed of people again (reeve people import).`
  yield 'A witness of the log refuses it from now on, and says ALARM, until its operator accepts the restore: reeve witness accept-restore.'
  yield 'If the keys were not in the backup, put your copy of keys/ back before the next start.'
}
