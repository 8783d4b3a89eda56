// One shape for what Terraform and OpenTofu write: state of version 4, of 3 and older, and `terraform show -json`.
import type { ParsedDocument } from '../port.ts'
import { isRecord, listOf, member, textIn, textOf } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

export interface StateResource {
  readonly type: string
  /** `module.a.aws_iam_user.ci[0]`, as Terraform addresses it. */
  readonly address: string
  /** Nested values (version 4) or a flat map of dotted names (version 3). */
  readonly attributes: UntrustedRecord
  /** Names of top-level attributes that the state itself marks as sensitive. */
  readonly sensitive: ReadonlySet<string>
  /** For lines: the object whose members are the attributes. */
  readonly node: object
}

export interface StateOutput {
  readonly name: string
  readonly value: unknown
  readonly sensitive: boolean
  readonly node: object
}

export interface State {
  readonly resources: readonly StateResource[]
  readonly outputs: readonly StateOutput[]
  /** True when the state is encrypted as a whole (OpenTofu), so that nothing in it can be read. */
  readonly encrypted: boolean
  /** Entries that are not what the format says. */
  readonly odd: readonly { readonly node: object; readonly what: string }[]
}

const MODULE_DEPTH_MAX = 50

/** `undefined` when the document is no state at all. Never throws. */
export function readState(document: ParsedDocument): State | undefined {
  const root = document.value
  if (!isRecord(root)) return undefined
  if (member(root, 'encrypted_data') !== undefined) return { resources: [], outputs: [], encrypted: true, odd: [] }
  const reader = new Reader()
  const prior = member(root, 'prior_state')
  const values =
    [
      member(root, 'values'),
      isRecord(prior) ? member(prior, 'values') : undefined,
      member(root, 'planned_values'),
    ].find(isRecord) ?? undefined
  if (values !== undefined) {
    reader.shownModule(member(values, 'root_module'), 0)
    reader.outputs(member(values, 'outputs'))
  } else if (Array.isArray(member(root, 'resources'))) {
    for (const resource of listOf(member(root, 'resources'))) reader.resourceV4(resource, root)
    reader.outputs(member(root, 'outputs'))
  } else if (Array.isArray(member(root, 'modules'))) {
    for (const module of listOf(member(root, 'modules'))) reader.moduleV3(module, root)
  } else return undefined
  return { resources: reader.resources, outputs: reader.found, encrypted: false, odd: reader.odd }
}

class Reader {
  readonly resources: StateResource[] = []
  readonly found: StateOutput[] = []
  readonly odd: { node: object; what: string }[] = []

  resourceV4(resource: unknown, root: UntrustedRecord): void {
    if (!isRecord(resource)) return void this.odd.push({ node: root, what: 'a resource that is no object' })
    const [type, name] = [textIn(resource, 'type'), textIn(resource, 'name')]
    const instances = member(resource, 'instances')
    if (type === undefined || name === undefined || !Array.isArray(instances))
      return void this.odd.push({ node: resource, what: 'a resource without type, name or instances' })
    const data = textIn(resource, 'mode') === 'data' ? 'data.' : ''
    const module = textIn(resource, 'module')
    const base = `${module === undefined ? '' : `${module}.`}${data}${type}.${name}`
    for (const instance of instances) {
      const attributes = isRecord(instance)
        ? [member(instance, 'attributes'), member(instance, 'attributes_flat')].find(isRecord)
        : undefined
      if (!isRecord(instance) || attributes === undefined) {
        this.odd.push({ node: resource, what: 'an instance without attributes' })
        continue
      }
      this.resources.push({
        type,
        address: `${base}${indexOf(member(instance, 'index_key'))}`,
        attributes,
        sensitive: sensitiveOfV4(member(instance, 'sensitive_attributes')),
        node: attributes,
      })
    }
  }

  moduleV3(module: unknown, root: UntrustedRecord): void {
    if (!isRecord(module)) return void this.odd.push({ node: root, what: 'a module that is no object' })
    const path = listOf(member(module, 'path')).flatMap((part) => textOf(part) ?? [])
    const prefix = path
      .filter((part) => part !== 'root')
      .map((part) => `module.${part}.`)
      .join('')
    const resources = member(module, 'resources')
    if (isRecord(resources)) {
      for (const key of Object.keys(resources)) {
        const resource = member(resources, key)
        const primary = isRecord(resource) ? member(resource, 'primary') : undefined
        const attributes = isRecord(primary) ? member(primary, 'attributes') : undefined
        const type = isRecord(resource) ? textIn(resource, 'type') : undefined
        if (type === undefined || !isRecord(attributes))
          this.odd.push({ node: resources, what: 'a resource without type or attributes' })
        else {
          const address = `${prefix}${key.replace(/\.(\d+)$/, '[$1]')}`
          this.resources.push({ type, address, attributes, sensitive: new Set(), node: attributes })
        }
      }
    }
    this.outputs(member(module, 'outputs'))
  }

  shownModule(module: unknown, depth: number): void {
    if (!isRecord(module) || depth > MODULE_DEPTH_MAX) return
    for (const resource of listOf(member(module, 'resources'))) {
      const type = isRecord(resource) ? textIn(resource, 'type') : undefined
      const attributes = isRecord(resource) ? member(resource, 'values') : undefined
      if (!isRecord(resource) || type === undefined || !isRecord(attributes)) {
        this.odd.push({ node: module, what: 'a resource without type or values' })
        continue
      }
      const marks = member(resource, 'sensitive_values')
      this.resources.push({
        type,
        address: textIn(resource, 'address') ?? `${type}.${textIn(resource, 'name') ?? ''}`,
        attributes,
        sensitive: new Set(isRecord(marks) ? Object.keys(marks).filter((key) => marks[key] === true) : []),
        node: attributes,
      })
    }
    for (const child of listOf(member(module, 'child_modules'))) this.shownModule(child, depth + 1)
  }

  outputs(outputs: unknown): void {
    if (!isRecord(outputs)) return
    for (const name of Object.keys(outputs)) {
      const output = member(outputs, name)
      if (!isRecord(output)) continue
      this.found.push({
        name,
        value: member(output, 'value'),
        sensitive: member(output, 'sensitive') === true,
        node: output,
      })
    }
  }
}

/** `[0]`, `["blue"]`, or nothing. */
function indexOf(key: unknown): string {
  if (typeof key === 'number') return `[${key}]`
  return typeof key === 'string' ? `["${key.slice(0, 100)}"]` : ''
}

/** `[[{"type":"get_attr","value":"password"}]]` */
function sensitiveOfV4(paths: unknown): ReadonlySet<string> {
  const names = new Set<string>()
  for (const path of listOf(paths)) {
    const [first] = listOf(path)
    const name = isRecord(first) ? textIn(first, 'value') : textOf(first)
    if (name !== undefined) names.add(name)
  }
  return names
}
