// `reeve policy`: policies from a file on disk to what is in force.
import { Command } from 'commander'
import { diffCommand } from './policy/diff.ts'
import { testCommand } from './policy/test.ts'
import { formatCommand, validateCommand } from './policy/validate.ts'
import { versionCommands } from './policy/versions.ts'

const EXAMPLES = `
Examples:
  reeve policy validate policies/
  reeve policy test test/decisions --policies policies/
  reeve policy propose policies/ --comment "payments may read orders"
  reeve policy diff policies/
  reeve policy approve 7
  reeve policy activate 7
  reeve policy rollback --because "orders were denied"
`

export function policyCommand(): Command {
  const policy = new Command('policy').description('validate, test, propose, approve and activate policies')
  for (const command of [validateCommand(), testCommand(), formatCommand(), diffCommand(), ...versionCommands()])
    policy.addCommand(command)
  return policy.addHelpText('after', EXAMPLES)
}
