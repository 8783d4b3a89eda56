// Subjects of bindings. A User exists only in the authenticator: what it is can only be told from its name, by the
// rules here, each with its reason.
import { kubernetesRef } from '#kernel'
import type { Observation, PrincipalKind, Provenance, Ref } from '#kernel'
import { textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { isUsable } from './manifest.ts'
import { membership, mentionServiceAccount, once } from './reading.ts'
import type { Reading } from './reading.ts'

/** Words in a user's name that say that no person stands behind it. */
const MACHINE_WORD =
  /(?:^|[-_.:/@])(?:bots?|ci|cd|svc|service|serviceaccount|sa|deploy|deployer|runner|robot|automation|controller|operator|agent|pipeline|jenkins|gitlab|github|argocd|terraform|flux|system|role|node|job|cron|backup|monitoring|prometheus)(?:$|[-_.:/@0-9])/i

export function kindOfUser(name: string): { readonly kind: PrincipalKind; readonly reason: string } {
  if (name === 'system:anonymous') return { kind: 'api_client', reason: 'stands for every request without credentials' }
  if (name.startsWith('system:node:')) return { kind: 'machine', reason: 'a `system:node:` name is a kubelet' }
  if (name.startsWith('system:')) return { kind: 'workload', reason: 'a `system:` name is a part of the cluster' }
  if (name.endsWith('.gserviceaccount.com')) return { kind: 'service_account', reason: 'a Google service account' }
  if (/^arn:aws[a-z-]*:(?:iam|sts)::\d+:(?:assumed-)?role\//.test(name))
    return { kind: 'service_account', reason: 'the ARN of a role' }
  if (/^[^@\s]+@[^@\s]+\.[^@\s.]+$/.test(name)) return { kind: 'human', reason: 'the name is an e-mail address' }
  if (MACHINE_WORD.test(name))
    return { kind: 'service_account', reason: 'a word in the name says that it is a machine' }
  return { kind: 'human', reason: 'a user name that nothing marks as a machine' }
}

export interface Subject {
  readonly target: Ref
  readonly facts: Iterable<Observation>
}

/**
 * The principal that a subject names, or what is wrong with it. A ServiceAccount without a namespace is of the
 * RoleBinding's own, as the authoriser has it; `bindingNamespace` is '' for a ClusterRoleBinding.
 */
export function subjectOf(
  reading: Reading,
  subject: UntrustedRecord,
  bindingNamespace: string,
  provenance: Provenance,
): Subject | undefined {
  const kind = textIn(subject, 'kind')
  const name = textIn(subject, 'name')
  if (name === undefined || !isUsable(name)) return undefined
  if (kind === 'ServiceAccount') {
    const written = textIn(subject, 'namespace')
    if (written !== undefined && !isUsable(written)) return undefined
    const namespace = written ?? (bindingNamespace === '' ? 'default' : bindingNamespace)
    const attributes = written === undefined ? { namespaceDefaulted: true } : {}
    return {
      target: kubernetesRef.serviceAccount(namespace, name, reading.cluster),
      facts: mentionServiceAccount(reading, namespace, name, provenance, attributes),
    }
  }
  if (kind === 'User') return user(reading, name, provenance)
  if (kind === 'Group') return group(reading, name, provenance)
  return undefined
}

function user(reading: Reading, name: string, provenance: Provenance): Subject {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name)
  if (account?.[1] !== undefined && account[2] !== undefined) {
    return {
      target: kubernetesRef.serviceAccount(account[1], account[2], reading.cluster),
      facts: mentionServiceAccount(reading, account[1], account[2], provenance),
    }
  }
  const target = kubernetesRef.user(name, reading.cluster)
  return { target, facts: userFacts(reading, target, name, provenance) }
}

function* userFacts(reading: Reading, target: Ref, name: string, provenance: Provenance): Generator<Observation> {
  const { kind, reason } = kindOfUser(name)
  yield* once(reading, `mention ${target}`, () => ({
    type: 'principal',
    ref: target,
    kind,
    nativeType: 'User',
    system: 'kubernetes',
    externalId: name,
    name,
    attributes: { kindReason: reason },
    mentioned: true,
    provenance,
  }))
  const anonymous = name === 'system:anonymous'
  yield* membership(reading, target, anonymous ? 'system:unauthenticated' : 'system:authenticated', provenance)
  if (name.startsWith('system:node:')) yield* membership(reading, target, 'system:nodes', provenance)
}

function group(reading: Reading, name: string, provenance: Provenance): Subject {
  const target = kubernetesRef.group(name, reading.cluster)
  return {
    target,
    facts: once(reading, `mention ${target}`, () => ({
      type: 'principal',
      ref: target,
      kind: 'group',
      nativeType: 'Group',
      system: 'kubernetes',
      externalId: name,
      name,
      mentioned: true,
      provenance,
    })),
  }
}
