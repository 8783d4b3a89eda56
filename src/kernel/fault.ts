// The one fault class and its closed table. A denial or a finding is a value, not a fault; a bug is an assert.

const FAULTS = {
  usage: { status: 400, title: 'the command was not understood' },
  unreadable_input: { status: 422, title: 'the input could not be read' },
  config_invalid: { status: 422, title: 'the configuration is not valid' },
} as const

export type FaultCode = keyof typeof FAULTS

/** `detail` is public: it says what is wrong and what to do next, never a secret. `cause` stays private. */
export class Fault extends Error {
  readonly code: FaultCode
  readonly detail: string

  constructor(code: FaultCode, detail: string, options?: { cause?: unknown }) {
    super(`${FAULTS[code].title}: ${detail}`, options)
    this.name = 'Fault'
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return FAULTS[this.code].status
  }
}
