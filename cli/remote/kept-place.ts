// How far a command has read what goes on for ever, in a file: the cursor to go on from.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { Fault } from '#kernel'
import { writeFileWhole } from '../terminal/write-out.ts'

const Kept = z.strictObject({ cursor: z.string().max(200) })

/** Nothing where there is no such file yet. Throws Fault('unreadable_input') for what holds no cursor of that form. */
export async function keptPlace(file: string, form: RegExp): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw new Fault('unreadable_input', `\`${file}\` cannot be read`, { cause })
  })
  if (text === undefined) return undefined
  const none = `\`${file}\` holds no place to go on from: remove it to begin anew`
  let cursor: string
  try {
    ;({ cursor } = Kept.parse(JSON.parse(text)))
  } catch (cause) {
    throw new Fault('unreadable_input', none, { cause })
  }
  if (!form.test(cursor)) throw new Fault('unreadable_input', none)
  return cursor
}

/** Whole or not at all. */
export const keepPlace = async (file: string, cursor: string): Promise<void> => {
  await writeFileWhole(file, [`${JSON.stringify({ cursor })}\n`], 0o600)
}
