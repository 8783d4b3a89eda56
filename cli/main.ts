// The `reeve` command: one file per subcommand, wired here.
import { Command } from 'commander'
import { completionCommand } from './completion.ts'
import { connectorsCommand } from './connectors.ts'
import { detectorsCommand } from './detectors.ts'
import { runToExitCode } from './exit.ts'
import { scanCommand } from './scan.ts'
import { serveCommand } from './serve.ts'
import { version } from './version.ts'

const program = new Command('reeve')
  .description(
    'security of non-human identities: discover, decide, prove, and keep asking whether each should still exist',
  )
  .version(version, '-V, --version', 'say the version')
  .addCommand(scanCommand())
  .addCommand(serveCommand())
  .addCommand(detectorsCommand())
  .addCommand(connectorsCommand())
  .addCommand(completionCommand())

await runToExitCode(program)
