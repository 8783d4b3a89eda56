// The `reeve` command: one file per subcommand, wired here.
import { Command } from 'commander'
import { scanCommand } from './scan.ts'
import { version } from './version.ts'

const program = new Command('reeve')
  .description(
    'security of non-human identities: discover, decide, prove, and keep asking whether each should still exist',
  )
  .version(version)
  .addCommand(scanCommand())

await program.parseAsync()
