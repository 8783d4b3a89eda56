// A secret is named, never given: `file:/PATH`, `env:NAME`, `exec:/COMMAND ARG…`. What is behind one is read by the keys' door.
import { Fault } from './fault.ts'

const REFERENCE = /^(?:file:\/|exec:\/|env:[A-Za-z_][A-Za-z0-9_]*$)/

/** Throws Fault('unprocessable'). SECURITY: a value that was given in its place is not repeated. */
export function assertReference(what: string, text: string): void {
  if (REFERENCE.test(text)) return
  throw new Fault(
    'unprocessable',
    `${what} is given as a reference, never as a value: write \`file:/PATH\`, \`env:NAME\` or \`exec:/COMMAND ARG…\`; ` +
      'if what you sent was a secret, rotate it',
  )
}
