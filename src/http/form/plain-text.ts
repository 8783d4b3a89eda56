// Text as it may be sent: one line, or several. What is no character of a text is refused and not replaced: who sent it
// would not know what was kept. Marks of direction are kept, since names in Arabic or Hebrew need them; whoever prints
// them takes care of that.
import { z } from 'zod'
import { secretIn } from '#kernel'

const CONTROL = /\p{Cc}/u
const CONTROL_OF_LINES = /[^\P{Cc}\t\n]/u

/** Why it is no text of one line; `undefined` when it is. */
const notOneLine = (text: string): string | undefined =>
  notWhole(text) ?? (CONTROL.test(text) ? 'holds a control character or a line break; leave it out' : undefined)

const notLines = (text: string): string | undefined =>
  notWhole(text) ??
  (CONTROL_OF_LINES.test(text) ? 'holds a control character other than tab and line feed; leave it out' : undefined)

const notWhole = (text: string): string | undefined =>
  text.isWellFormed() ? undefined : 'holds half of a surrogate pair; send valid Unicode'

const refusing =
  (why: (text: string) => string | undefined) =>
  (context: z.core.ParsePayload<string>): void => {
    const message = why(context.value)
    if (message !== undefined) context.issues.push({ code: 'custom', message, input: context.value })
  }

/** Marks an issue of a request whose form is right: it is answered as 422. */
const UNPROCESSABLE = { unprocessable: true } as const

const refusingSecrets = (context: z.core.ParsePayload<string>): void => {
  const kind = secretIn(context.value)
  if (kind === undefined) return
  const message = `holds ${kind}: leave it out, say where it is kept, and take it for leaked`
  // never the value
  context.issues.push({ code: 'custom', message, input: undefined, params: UNPROCESSABLE })
}

/** One line that a person or a program writes; the operation behind it has the last word on the length. */
export const text = (lengthMax: number): z.ZodString => z.string().min(1).max(lengthMax).check(refusing(notOneLine))

/** Several lines, such as a reason. SECURITY: it stands in records and in the log, so it holds no secret. */
export const lines = (lengthMax: number): z.ZodString =>
  z.string().min(1).max(lengthMax).check(refusing(notLines)).check(refusingSecrets)

/** One line of the same kind, such as what a right is asked for. */
export const because = (lengthMax: number): z.ZodString => text(lengthMax).check(refusingSecrets)

/** One line that may be empty, such as the value of a label. */
export const textOrNone = (lengthMax: number): z.ZodString => z.string().max(lengthMax).check(refusing(notOneLine))
