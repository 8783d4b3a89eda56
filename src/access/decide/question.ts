// What is asked: may this subject, through these actors, do this on that, now. AuthZEN Authorization API 1.0, section 5,
// as parsed; everything in it is the word of who asks, and policies see it apart from what Reeve knows.
import type { Json } from '#kernel'
import type { Reading } from './reading.ts'

type Properties = { readonly [key: string]: Json }

export interface Party {
  readonly type: string
  readonly id: string
  readonly properties?: Properties
}

export interface Question {
  /** On whose behalf: the first member of the chain. */
  readonly subject: Party
  readonly action: { readonly name: string; readonly properties?: Properties }
  readonly resource: Party
  readonly context?: Properties
  /** Who acts for the subject, outermost last (RFC 8693, section 4.1: `act` of `act`). Empty when the subject acts. */
  readonly actors?: readonly Party[]
  /** When the delegation ends, milliseconds since 1970. */
  readonly delegatedUntil?: number
  /** The credential record that was presented, by the member that acts. */
  readonly credentialId?: string
  /** A token or session that can be ended by itself. */
  readonly sessionId?: string
  /** The enforcement point that asks, by its own word. */
  readonly point?: string
  /** False: whatever the answer is, it changes nothing yet. */
  readonly enforced?: boolean
  /** Of this question and no other, where somebody keeps it to be asked again. */
  readonly reading?: Reading
}
