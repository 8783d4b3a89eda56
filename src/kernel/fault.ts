// The one fault class and its closed table. A denial or a finding is a value, not a fault; a bug is an assert.

const FAULTS = {
  usage: { status: 400, title: 'the command was not understood' },
  unreadable_input: { status: 422, title: 'the input could not be read' },
  config_invalid: { status: 422, title: 'the configuration is not valid' },
  invalid: { status: 400, title: 'the request is not valid' },
  unauthenticated: { status: 401, title: 'a valid token is needed' },
  forbidden: { status: 403, title: 'this is not yours to do' },
  not_found: { status: 404, title: 'there is no such thing' },
  over: { status: 410, title: 'its time is over' },
  conflict: { status: 409, title: 'the present state does not allow it' },
  version_mismatch: { status: 412, title: 'it was changed since you read it' },
  precondition_required: { status: 428, title: 'say which version you mean' },
  too_large: { status: 413, title: 'it is too large' },
  unsupported: { status: 415, title: 'the body must be JSON' },
  unprocessable: { status: 422, title: 'it cannot be done as asked' },
  idempotency_reused: { status: 422, title: 'the idempotency key was used for another request' },
  rate_limited: { status: 429, title: 'too many requests' },
  database_unavailable: { status: 503, title: 'the database cannot be reached' },
  outcome_unknown: { status: 503, title: 'it is not known whether it took effect' },
  storage_full: { status: 507, title: 'there is no space left to store it' },
  evidence_unavailable: { status: 503, title: 'what happened could not be written down, so it did not happen' },
  database_refused: { status: 500, title: 'the database directory cannot be used' },
  key_missing: { status: 500, title: 'a key cannot be read' },
} as const

export type FaultCode = keyof typeof FAULTS

export const isFaultCode = (text: string): text is FaultCode => Object.hasOwn(FAULTS, text)

/** Status and title of a code, for documents that list them. */
export const describeFault = (code: FaultCode): { readonly status: number; readonly title: string } => FAULTS[code]

/** `detail` is public: it says what is wrong and what to do next, never a secret. `cause` stays private. */
export class Fault extends Error {
  readonly code: FaultCode
  readonly detail: string
  /** As another specification names it: a URI, in the place of Reeve's own. */
  readonly type: string | undefined

  constructor(code: FaultCode, detail: string, options?: { cause?: unknown; type?: string }) {
    super(`${FAULTS[code].title}: ${detail}`, options)
    this.name = 'Fault'
    this.code = code
    this.detail = detail
    this.type = options?.type
  }

  get title(): string {
    return FAULTS[this.code].title
  }

  get status(): number {
    return FAULTS[this.code].status
  }
}

/** What a log may say of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown error')
