// `reeve principals`: the roll from the command line.
import { Command } from 'commander'
import { CHANGES } from './principals/change.ts'
import { listCommand } from './principals/list.ts'
import { ownCommand } from './principals/own.ts'
import { historyCommand, showCommand } from './principals/read.ts'
import { registerCommand } from './principals/register.ts'

export function principalsCommand(): Command {
  const command = new Command('principals')
    .description('list, show and change what is in the roll')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(historyCommand())
    .addCommand(registerCommand())
    .addCommand(ownCommand())
  for (const change of CHANGES()) command.addCommand(change)
  return command
}
