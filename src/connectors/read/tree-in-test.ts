// For tests of reading: trees on disk, and connectors that say what they were offered.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ref } from '#kernel'
import type { PrincipalFact } from '#kernel'
import type { Connector } from '../port.ts'
import { readTree } from './read-tree.ts'
import type { ReadOptions } from './read-options.ts'
import type { ReadResult } from './read-tree.ts'

export type Tree = Readonly<Record<string, string | Uint8Array>>

export function writeTree(folder: string, tree: Tree): void {
  for (const [path, content] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

/** A directory that is gone when the test is. */
export async function withTree<T>(tree: Tree, use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-read-'))
  try {
    writeTree(folder, tree)
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One principal for each file that it is offered: `PATH`, with what the reader said of the file and its text. */
export const echo: Connector = {
  id: 'echo',
  title: 'echo',
  reads: 'everything',
  verbs: ['discover'],
  readsHistory: true,
  blindSpots: [],
  accepts: () => true,
  *discover(file, context) {
    yield {
      type: 'principal',
      ref: ref('host', file.path),
      kind: 'machine',
      nativeType: file.origin,
      system: 'host',
      externalId: file.path,
      name: file.binary ? '(binary)' : file.text(),
      attributes: {
        repository: file.repository ?? null,
        repositoryPath: file.repositoryPath ?? null,
        cluster: context.scopeOf('cluster', file.path),
        mapping: JSON.stringify(context.csvMapping(file.path) ?? null),
      },
      provenance: {
        connector: 'echo',
        file: file.path,
        ...(file.commit === undefined ? {} : { commit: file.commit }),
      },
    }
  },
}

/** In this thread, with the echo only. */
export const readHere = (root: string, options: Partial<ReadOptions> = {}): Promise<ReadResult> =>
  readTree(root, { connectors: [echo], key: { key: Buffer.alloc(32, 7) }, workers: 0, ...options })

export const principalsOf = ({ facts }: ReadResult): PrincipalFact[] =>
  facts.filter((fact): fact is PrincipalFact => fact.type === 'principal')

/** Paths that were offered, in the order of reading. */
export const offered = (read: ReadResult): string[] => principalsOf(read).map(({ externalId }) => externalId)

/** `FILE:LINE MESSAGE` */
export const said = ({ problems }: ReadResult): string[] =>
  problems.map(({ file, startLine, message }) => `${file}:${startLine ?? ''} ${message}`)
