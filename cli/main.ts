// The `reeve` command: one file per subcommand, wired here.
import { Command } from 'commander'
import { backupCommand } from './backup.ts'
import { completionCommand } from './completion.ts'
import { connectionsCommand } from './connections.ts'
import { connectorsCommand } from './connectors.ts'
import { detectorsCommand } from './detectors.ts'
import { controlsCommand } from './controls.ts'
import { evidenceCommand } from './evidence.ts'
import { runToExitCode } from './exit.ts'
import { importCommand } from './import.ts'
import { keysCommand } from './keys.ts'
import { loginCommand } from './login.ts'
import { offersCommand } from './offers.ts'
import { orphansCommand } from './orphans.ts'
import { peopleCommand } from './people.ts'
import { principalsCommand } from './principals.ts'
import { restoreCommand } from './restore.ts'
import { scanCommand } from './scan.ts'
import { serveCommand } from './serve.ts'
import { tokenCommand } from './token.ts'
import { verifyCommand } from './verify.ts'
import { version } from './version.ts'
import { witnessCommand } from './witness.ts'

const program = new Command('reeve')
  .description(
    'security of non-human identities: discover, decide, prove, and keep asking whether each should still exist',
  )
  .version(version, '-V, --version', 'say the version')
  .commandsGroup('Without a server:')
  .addCommand(scanCommand())
  .addCommand(detectorsCommand())
  .addCommand(connectorsCommand())
  .addCommand(verifyCommand())
  .addCommand(witnessCommand())
  .addCommand(completionCommand())
  .commandsGroup('The server:')
  .addCommand(serveCommand())
  .addCommand(backupCommand())
  .addCommand(restoreCommand())
  .addCommand(keysCommand())
  .addCommand(evidenceCommand())
  .commandsGroup('Asking a server:')
  .addCommand(loginCommand())
  .addCommand(importCommand())
  .addCommand(connectionsCommand())
  .addCommand(principalsCommand())
  .addCommand(orphansCommand())
  .addCommand(offersCommand())
  .addCommand(peopleCommand())
  .addCommand(controlsCommand())
  .addCommand(tokenCommand())

await runToExitCode(program)
