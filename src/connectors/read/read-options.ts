// What a caller may ask of a read. Everything but the connectors has a default.
import type { Connector } from '../port.ts'
import type { FingerprintKey } from './fingerprint.ts'
import type { Limits } from './limits.ts'
import type { CsvMappingRule, ScopeRule } from './run/settings.ts'

export interface ReadProgress {
  readonly files: number
  readonly bytes: number
  readonly reading: string
  /** Of the working tree, once it has been listed; archives and history come on top. */
  readonly totalFiles?: number
  readonly totalBytes?: number
}

export interface ReadOptions {
  readonly connectors: readonly Connector[]
  readonly key?: FingerprintKey
  readonly onProgress?: (progress: ReadProgress) => void
  /** Files and directories, relative to `root`; `-` is standard input. Without it `root` itself. */
  readonly paths?: readonly string[]
  /** What `-` reads; the process's own standard input when not given. */
  readonly stdin?: AsyncIterable<Uint8Array>
  /** gitignore-style patterns below the scanned path. */
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  /** Ends the read before its time: the result is partial, and what comes after is missing from it. */
  readonly signal?: AbortSignal
  /** Leave out what .gitignore files name. */
  readonly gitignore?: boolean
  /** Read folders of third-party code too. */
  readonly includeDependencies?: boolean
  /** Open archives; true unless said otherwise. */
  readonly archives?: boolean
  /** Read the history of the repositories in the tree; true unless said otherwise. */
  readonly history?: boolean
  /** Read the index of the repository around `root` in place of the tree. */
  readonly staged?: boolean
  /** Read only what changed since this revision, with the history from there. */
  readonly since?: string
  readonly limits?: { readonly [name in keyof Limits]?: number | undefined }
  /** Threads; by default one for each core, at most four. 0 reads in this thread. */
  readonly workers?: number
  readonly scopes?: readonly ScopeRule[]
  readonly csvMappings?: readonly CsvMappingRule[]
  /** Size of a file up to which this thread reads it itself, when there is little to read or threads are starting. */
  readonly hereFileBytesMax?: number
  /** For tests: module from which worker threads take `CONNECTORS`. */
  readonly connectorsFrom?: string
}
