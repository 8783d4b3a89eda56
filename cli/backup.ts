// `reeve backup`: everything that the server keeps, as of one instant, in one file.
import { Command } from 'commander'
import { answerJson, say } from './terminal/answer.ts'
import { numberText } from './words.ts'
import { version } from './version.ts'

interface BackupOptions {
  readonly dataDir?: string
  readonly withKeys?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
The server may run meanwhile or not. Run it as the user that the server runs as, on its machine. The keys are not in it
unless you say so: who has both can test guesses against fingerprints. Keep a copy of keys/ in another place.

Examples:
  reeve backup reeve-2026-11-30.reeve-backup
  reeve backup /backup/whole.reeve-backup --with-keys
`

export function backupCommand(): Command {
  return new Command('backup')
    .description('write everything that the server keeps into one file')
    .argument('<file>', 'to write; one that is there is replaced when the new one is whole')
    .option('--data-dir <directory>', 'of the server (default: REEVE_DATA_DIR, else as reeve serve)')
    .option('--with-keys', 'the keys too: the backup is then as secret as they are')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, { dataDir, withKeys = false, json }: BackupOptions) => {
      const { backUp } = await import('#main')
      const { manifest, rows } = await backUp({
        environment: process.env,
        release: version,
        path,
        withKeys,
        ...(dataDir === undefined ? {} : { dataDirectory: dataDir }),
      })
      if (json === true) {
        await answerJson({
          path,
          createdAt: manifest.createdAt,
          release: manifest.release,
          rows,
          files: manifest.files,
        })
        return
      }
      const count = Object.values(rows).reduce((sum, one) => sum + one, 0)
      say(`${path}: ${numberText(count)} rows of ${manifest.tables.length} tables as of ${manifest.createdAt}`)
      say(
        withKeys
          ? 'The keys are in it: guard it as you guard them.'
          : 'The keys are not in it: keep a copy of keys/ elsewhere.',
      )
    })
}
