// How facts of a target are spelled, so that what several reads say of one role is one role.
import { postgresqlResource, ref } from '#kernel'
import type { Provenance, Ref } from '#kernel'

export const CONNECTOR = 'postgresql'

export interface Names {
  /** `pg://main`: where facts were read. */
  readonly file: string
  readonly role: (name: string) => Ref
  readonly password: (name: string) => Ref
  /** `pg://main/shop/public.orders`. */
  readonly resource: (...path: readonly string[]) => string
  readonly seenAt: (object: string) => Provenance
}

/** PUBLIC is every role, and no role can bear its name. */
export const PUBLIC = 'PUBLIC'

export function namesIn(target: string): Names {
  const file = `pg://${target}`
  return {
    file,
    role: (name) => ref('postgresql', name, target),
    password: (name) => ref('postgresql', `password/${name}`, target),
    resource: (...path) => postgresqlResource(target, ...path),
    seenAt: (object) => ({ connector: CONNECTOR, file, object }),
  }
}
