// The `reeve` command: one file per subcommand, wired here. Only the one that is asked for is loaded: a scan pays nothing
// for the server.
import { Command } from 'commander'
import { runToExitCode } from './exit.ts'
import { version } from './version.ts'

const GROUPS: readonly (readonly [heading: string, commands: Readonly<Record<string, () => Promise<Command>>>])[] = [
  [
    'Without a server:',
    {
      scan: async () => (await import('./scan.ts')).scanCommand(),
      detectors: async () => (await import('./detectors.ts')).detectorsCommand(),
      connectors: async () => (await import('./connectors.ts')).connectorsCommand(),
      verify: async () => (await import('./verify.ts')).verifyCommand(),
      witness: async () => (await import('./witness.ts')).witnessCommand(),
      completion: async () => (await import('./completion.ts')).completionCommand(),
    },
  ],
  [
    'The server:',
    {
      serve: async () => (await import('./serve.ts')).serveCommand(),
      pdp: async () => (await import('./pdp.ts')).pdpCommand(),
      backup: async () => (await import('./backup.ts')).backupCommand(),
      restore: async () => (await import('./restore.ts')).restoreCommand(),
      keys: async () => (await import('./keys.ts')).keysCommand(),
      evidence: async () => (await import('./evidence.ts')).evidenceCommand(),
    },
  ],
  [
    'Asking a server:',
    {
      login: async () => (await import('./login.ts')).loginCommand(),
      import: async () => (await import('./import.ts')).importCommand(),
      connections: async () => (await import('./connections.ts')).connectionsCommand(),
      principals: async () => (await import('./principals.ts')).principalsCommand(),
      orphans: async () => (await import('./orphans.ts')).orphansCommand(),
      offers: async () => (await import('./offers.ts')).offersCommand(),
      people: async () => (await import('./people.ts')).peopleCommand(),
      controls: async () => (await import('./controls.ts')).controlsCommand(),
      token: async () => (await import('./token.ts')).tokenCommand(),
      role: async () => (await import('./role.ts')).roleCommand(),
      request: async () => (await import('./request.ts')).requestCommand(),
      approve: async () => (await import('./approve.ts')).approveCommand(),
      deny: async () => (await import('./approve.ts')).denyCommand(),
      grant: async () => (await import('./grant.ts')).grantCommand(),
      denial: async () => (await import('./denial.ts')).denialCommand(),
      'break-glass': async () => (await import('./break-glass.ts')).breakGlassCommand(),
      policy: async () => (await import('./policy.ts')).policyCommand(),
      contain: async () => (await import('./contain.ts')).containCommand(),
      plan: async () => (await import('./plan.ts')).planCommand(),
      alarms: async () => (await import('./alarms.ts')).alarmsCommand(),
      receipt: async () => (await import('./receipt.ts')).receiptCommand(),
      target: async () => (await import('./target.ts')).targetCommand(),
      run: async () => (await import('./run.ts')).runCommand(),
      connect: async () => (await import('./connect.ts')).connectCommand(),
      access: async () => (await import('./access.ts')).accessCommand(),
      decide: async () => (await import('./decide.ts')).decideCommand(),
      explain: async () => (await import('./explain.ts')).explainCommand(),
    },
  ],
]

const program = new Command('reeve')
  .description(
    'security of non-human identities: discover, decide, prove, and keep asking whether each should still exist',
  )
  .version(version, '-V, --version', 'say the version')

/** `completion` describes every command, and so do the help and the answer to a word that is none. */
const [, , asked = ''] = process.argv
const alone = asked !== 'completion' && GROUPS.some(([, commands]) => Object.hasOwn(commands, asked))
const versionOnly = asked === '--version' || asked === '-V'
for (const [heading, commands] of GROUPS) {
  program.commandsGroup(heading)
  for (const [name, load] of Object.entries(commands)) {
    if (versionOnly || (alone && name !== asked)) continue
    program.addCommand(await load())
  }
}

await runToExitCode(program)
