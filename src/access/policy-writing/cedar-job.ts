// What goes to the child process that runs Cedar, and what comes back.
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'

export interface CedarJob {
  readonly text: string
  readonly schema?: string
  readonly format: boolean
}

export interface CedarMessage {
  readonly message: string
  readonly help?: string
  /** `policies` and `schema` are the whole texts; anything else is the text of one policy. */
  readonly within: string
  /** In bytes from the start of that text. */
  readonly start?: number
  readonly warning?: boolean
}

export interface ReadPart {
  readonly text: string
  readonly json: PolicyJson
}

/** Without policies when the text as a whole could not be read. */
export interface CedarAnswer {
  readonly messages: readonly CedarMessage[]
  readonly policies?: readonly ReadPart[]
  readonly templates?: readonly ReadPart[]
  readonly schema?: unknown
  readonly formatted?: string
}
