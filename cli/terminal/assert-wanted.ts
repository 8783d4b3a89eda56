// Before what changes a system somebody who sits there is asked; a script says beforehand that it means it.
import { createInterface } from 'node:readline/promises'
import { Fault } from '#kernel'

/** Throws Fault('usage') for anything but a yes, and where nobody is there: `without` says how to do it then. */
export async function assertWanted(question: string, without: string): Promise<void> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) throw new Fault('usage', `nobody is there to be asked: ${without}`)
  const lines = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await lines.question(`\n${question} [y/N] `)
    if (!/^y(?:es)?$/i.test(answer.trim())) throw new Fault('usage', 'nothing was done')
  } finally {
    lines.close()
  }
}
