// What a witness remembers, on disk: of each log the largest checkpoint that it cosigned.
import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { parseNote } from '../checkpoint/note.ts'
import { writeWholeFile } from '../whole-file.ts'

/** An origin is any text, a file name is not. */
export const nameOf = (origin: string): string => createHash('sha256').update(origin).digest('hex')

export const memoryFile = (folder: string, origin: string): string => join(folder, 'logs', nameOf(origin))

/** Throws where the memory cannot be read: then nothing is cosigned. `undefined`: this log was never cosigned. */
export async function remembered(
  folder: string,
  origin: string,
): Promise<(Checkpoint & { readonly note: string }) | undefined> {
  try {
    const note = await readFile(memoryFile(folder, origin), 'utf8')
    return { ...parseCheckpoint(parseNote(note).text), note }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whole or not at all, and on disk when it returns. */
export async function writeWhole(file: string, content: string): Promise<void> {
  await writeWholeFile(file, content)
  const parent = await open(dirname(file), 'r')
  try {
    await parent.sync()
  } finally {
    await parent.close()
  }
}
