// What may be done: entitlements as a system states them, and the policies from which effective rights are worked out.
import type { Json } from '../canonical-json.ts'
import type { Provenance, Ref, System } from './provenance.ts'

/** A right that a system states directly: a GitHub permission, an Entra app role, a sudo rule, a directory group. */
export interface EntitlementFact {
  readonly type: 'entitlement'
  readonly principal: Ref
  readonly system: System
  /** As that system calls it: `contents: write`, `Mail.ReadWrite`, `NOPASSWD: ALL`. */
  readonly permission: string
  /** In the one spelling of `kernel/names`; patterns with `*` allowed. */
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly level: 'read' | 'write' | 'admin' | 'unknown'
  /** Why `level` is what it is, in words. */
  readonly reason?: string
  readonly conditions?: Json
  readonly via?: string
  readonly provenance: Provenance
}

/** Policy languages that `access/effective` evaluates. `document` is the native one, unchanged, already parsed. */
export type PolicyDialect = 'aws-iam' | 'kubernetes-rbac'

export interface PolicyFact {
  readonly type: 'policy'
  readonly ref: Ref
  readonly dialect: PolicyDialect
  readonly name: string
  readonly document: Json
  readonly provenance: Provenance
}

/** A policy put on a principal or group. AWS: `identity`, `boundary`; Kubernetes: a binding, with its namespace. */
export interface AttachmentFact {
  readonly type: 'attachment'
  readonly policy: Ref
  readonly target: Ref
  readonly as: 'identity' | 'boundary'
  /** Kubernetes RoleBinding: where it holds. Absent means everywhere. */
  readonly namespace?: string
  /** The binding's own name. */
  readonly via?: string
  readonly provenance: Provenance
}
