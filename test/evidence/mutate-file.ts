// One random change of the bytes of a file: a bit, a byte more, an end that is gone, a byte that is another.
import { readFile, writeFile } from 'node:fs/promises'
import { oneOf } from './draw.ts'
import type { Draw } from './draw.ts'

export type Mutated = readonly [what: string, undo: () => Promise<unknown>]

/** Undefined where that changes nothing. */
export async function mutateFile(files: readonly string[], draw: Draw): Promise<Mutated | undefined> {
  const file = oneOf(files, draw)
  const before = await readFile(file)
  const at = draw(Math.max(1, before.length))
  if (before.length === 0) return undefined
  const kind = oneOf(['bit', 'cut', 'byte more', 'byte'] as const, draw)
  const after = Buffer.from(before)
  if (kind === 'bit') after[at] = (after[at] ?? 0) ^ (1 << draw(8))
  if (kind === 'byte') after[at] = ((after[at] ?? 0) + 1 + draw(255)) % 256
  const written =
    kind === 'cut'
      ? after.subarray(0, at)
      : kind === 'byte more'
        ? Buffer.concat([after.subarray(0, at), Buffer.of(draw(256)), after.subarray(at)])
        : after
  await writeFile(file, written)
  return [`${file}, ${kind} at ${at}`, async () => await writeFile(file, before)]
}
