// What a person or a job with a grant is answered to get into its target: a login for a minute.
import type { Actor } from '#kernel'

export interface LoginAsked {
  readonly actor: Actor
  readonly tokenId: string
  /** Id or name. */
  readonly target: string
  readonly grantId?: string
}

interface LoginGiven {
  readonly grantId: string
  readonly requestId: string
  readonly until: string
  readonly host: string
  readonly port: number
  readonly tls: 'off' | 'verify'
  readonly database: string
  readonly user: string
  /** SECURITY: answered once, to who has the grant, and kept nowhere. */
  readonly password: string
  readonly secondsGood: number
}

export interface LoginDoor {
  /** Decided first. Faults: not_found, conflict (which grant), forbidden, unprocessable (what the target answered). */
  readonly login: (asked: LoginAsked) => Promise<LoginGiven>
}
