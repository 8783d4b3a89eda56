// The connector port: what an adapter is given and what it yields. An adapter sees only the kernel and this file.
import type { Fact, Observation } from '#kernel'

export type { BlindSpot, Observation, ReadProblem } from '#kernel'

/** The four verbs; a connector declares which it has. This release has `discover` only. */
export type Verb = 'discover' | 'observe' | 'act' | 'probe'

/** One parsed document with its lines. Depth, size and alias limits have been applied; keys are own properties. */
export interface ParsedDocument {
  readonly value: unknown
  /** 1-based line at which an object or array of `value` starts; or the line of one of its members. */
  line(node: object, key?: string | number): number | undefined
  /** Last line of an object or array of `value`. */
  endLine(node: object): number | undefined
}

export type FileOrigin = 'tree' | 'archive' | 'history' | 'index' | 'stdin'

/**
 * One file, offered once to every connector. Parsed forms are made once and shared. `Untrusted`: every byte comes from
 * outside.
 */
export interface UntrustedFile {
  /** Relative to the scanned path, forward slashes; for a member of an archive `a.zip!/inner/path`. */
  readonly path: string
  readonly origin: FileOrigin
  /** The commit that introduced the blob, for origin `history`. */
  readonly commit?: string
  /** `owner/repo` of the repository around the file, when its git configuration names one. */
  readonly repository?: string
  /** The path inside that repository, when there is one. */
  readonly repositoryPath?: string
  readonly bytes: Uint8Array
  /** True when the first 8 KiB hold a NUL byte, it is not UTF-16 and its name does not say text; there NULs become spaces. */
  readonly binary: boolean
  /** Decoded as UTF-8 (or UTF-16 with a BOM); a BOM is dropped, invalid sequences become U+FFFD. */
  text(): string
  /** False when `text()` had to replace invalid sequences. */
  readonly validText: boolean
  /**
   * JSON (also NDJSON and JSON with comments), or `undefined` when the text is not JSON at all. A text that starts as
   * JSON but breaks off throws `ParseProblem`.
   */
  json(): readonly ParsedDocument[] | undefined
  /** YAML, all documents that parse; a document that does not is in `problems`. JSON is YAML: callers ask `json()` first. */
  yaml(): {
    readonly documents: readonly ParsedDocument[]
    readonly problems: readonly { line: number; message: string }[]
  }
}

/** Thrown by the parsers of `UntrustedFile`; the reader turns it into one `ReadProblem` per file. */
export class ParseProblem extends Error {
  readonly line: number | undefined
  constructor(message: string, line?: number) {
    super(message)
    this.name = 'ParseProblem'
    this.line = line
  }
}

export interface ReadContext {
  /**
   * Keyed fingerprint of a secret value: HMAC-SHA-256 under the scan's key, hex. SECURITY: the only form in which a
   * secret value may leave a connector; the key is random per scan unless the user gives one.
   */
  fingerprint(secret: string): string
  /**
   * Up to four leading characters beyond `publicPrefix`, or `undefined` unless at least twenty unknown ones remain
   * behind them. `publicPrefix` is the part that the rule itself says (`ghp_`), which is repeated in front.
   */
  hint(secret: string, publicPrefix?: string): string | undefined
  /** Kubernetes cluster, host or other scope that `reeve.yaml` assigns to the file; '' when not said. */
  scopeOf(kind: 'cluster' | 'host', path: string): string
  /** Mapping for the csv connector that applies to the file, from `reeve.yaml` or `NAME.csv.reeve.yaml` beside it. */
  csvMapping(path: string): unknown
}

export interface Connector {
  readonly id: string
  readonly title: string
  /** One line: which inputs, for `--help` and the docs. */
  readonly reads: string
  readonly verbs: readonly Verb[]
  /** True when it also wants the versions of a file that a git repository remembers (origin `history`). */
  readonly readsHistory?: boolean
  /** What it cannot see by its nature, for the report. */
  readonly blindSpots: readonly string[]
  /**
   * Cheap: decides from the path, the size and at most a regular expression over the head of the text. True offers the
   * file to `discover`. Throws nothing.
   */
  accepts(file: UntrustedFile): boolean
  /**
   * Yields what the file says, in file order. Must not keep state between files, must not touch the file system, the
   * network or the clock, must not throw on any input (a throw becomes one problem and what was yielded stands).
   * SECURITY: no yielded string may hold a secret value.
   */
  discover(file: UntrustedFile, context: ReadContext): Iterable<Observation>
}

/** Narrow helper for adapters: gives a fact its connector's name. */
export type FactOf<T extends Fact['type']> = Extract<Fact, { type: T }>
