// Kubernetes manifests and `kubectl get -o json|yaml` output: accounts, subjects, roles, bindings, workloads, secrets.
// The rule: one object, one reader; an object that is not understood costs nothing but itself.
import type { Observation } from '#kernel'
import type { Connector, ParsedDocument, UntrustedFile } from '../port.ts'
import { isManifest } from './accept.ts'
import type { Manifest } from './manifest.ts'
import { manifestsOf } from './manifest.ts'
import { isRbac, readBinding, readRole } from './rbac.ts'
import type { Reading } from './reading.ts'
import { readSecret } from './secret.ts'
import { readServiceAccount } from './service-account.ts'
import { podOf, readWorkload } from './workload.ts'

const PROBLEMS_MAX = 20

export const kubernetes: Connector = {
  id: 'kubernetes',
  title: 'Kubernetes',
  reads: 'manifests in YAML or JSON, and `kubectl get … -A -o json` (or yaml), also on standard input',
  verbs: ['discover'],
  blindSpots: [
    'groups that an identity provider gives to a user, and authorisers beside RBAC (webhook, node, cloud access entries)',
    'admission control (Pod Security, policies): a path that it would refuse is still shown',
    'manifests that a tool renders or patches later (Helm templates, Kustomize overlays) are read as they are written',
  ],
  accepts: isManifest,
  *discover(file, context): Generator<Observation> {
    const { documents, problems } = documentsOf(file)
    const templated = file.text().includes('{{')
    const first = problems[0]
    if (first !== undefined && templated) {
      yield {
        type: 'problem',
        connector: 'kubernetes',
        file: file.path,
        startLine: first.line,
        message: 'a template that is not plain YAML: render it (`helm template`) and scan the result',
      }
    } else {
      for (const { line, message } of problems.slice(0, PROBLEMS_MAX))
        yield { type: 'problem', connector: 'kubernetes', file: file.path, startLine: line, message }
    }
    const reading: Reading = {
      file,
      context,
      cluster: context.scopeOf('cluster', file.path),
      namespaces: new Map([...namespacesOf(file, documents)].map((namespace) => [namespace.name, namespace])),
      said: new Set(),
    }
    let reported = 0
    for (const document of documents) {
      for (const item of manifestsOf(file, document)) {
        if ('type' in item) {
          if (!templated && reported < PROBLEMS_MAX) yield item
          reported += 1
        } else yield* readObject(reading, item)
      }
    }
  },
}

function documentsOf(file: UntrustedFile): ReturnType<UntrustedFile['yaml']> {
  const json = file.json()
  return json === undefined ? file.yaml() : { documents: json, problems: [] }
}

function* namespacesOf(file: UntrustedFile, documents: readonly ParsedDocument[]): Generator<Manifest> {
  for (const document of documents) {
    for (const item of manifestsOf(file, document)) {
      if (!('type' in item) && item.kind === 'Namespace' && item.group === '') yield item
    }
  }
}

function* readObject(reading: Reading, manifest: Manifest): Generator<Observation> {
  const { kind, group } = manifest
  if (kind === 'ServiceAccount' && group === '') yield* readServiceAccount(reading, manifest)
  else if (kind === 'Secret' && group === '') yield* readSecret(reading, manifest)
  else if ((kind === 'Role' || kind === 'ClusterRole') && isRbac(group)) yield* readRole(reading, manifest)
  else if ((kind === 'RoleBinding' || kind === 'ClusterRoleBinding') && isRbac(group))
    yield* readBinding(reading, manifest)
  else {
    const pod = podOf(manifest)
    if (pod !== undefined) yield* readWorkload(reading, manifest, pod)
  }
}
