// An entry as an OCSF event. What the class has no attribute for stands under `unmapped`, so that nothing is lost.
import type { Json } from '#kernel'
import type { StoredEntry } from '../entry.ts'
import { ENTRY_TYPES } from '../entry-types/entry-types.ts'
import { OCSF_CLASSES, ocsfKindOf, UNMAPPED } from './classes.ts'
import type { OcsfKind } from './classes.ts'

/** The version whose definitions the events are validated against. */
export const OCSF_VERSION = '1.9.0-dev'

export interface OcsfOptions {
  /** Of Reeve. */
  readonly release: string
}

export type OcsfEvent = { readonly [key: string]: Json }

const SEVERITIES = ['Unknown', 'Informational', 'Low', 'Medium', 'High', 'Critical'] as const

/** `metadata.sequence` is the place in the log and `metadata.uid` the entry: what comes twice is known by either. */
export function ocsfEvent(entry: StoredEntry, options: OcsfOptions): OcsfEvent {
  const kind = ocsfKindOf(entry.type)
  const { uid, caption, category, categoryName } = OCSF_CLASSES[kind.class]
  const { severity = 1, failed = false, activity, activityName } = kind
  return {
    activity_id: activity,
    activity_name: activityName,
    category_uid: category,
    category_name: categoryName,
    class_uid: uid,
    class_name: caption,
    type_uid: uid * 100 + activity,
    type_name: `${caption}: ${activityName}`,
    time: Date.parse(entry.at),
    severity_id: severity,
    severity: SEVERITIES[severity],
    // of a finding the status is its own life
    ...(kind.class === 'detection_finding'
      ? { status_id: 1, status: 'New' }
      : { status_id: failed ? 2 : 1, status: failed ? 'Failure' : 'Success' }),
    message: ENTRY_TYPES[entry.type]?.says ?? entry.type,
    metadata: metadataOf(entry, options),
    ...(kind.class === 'entity_management' || kind.class === 'user_access' ? { actor: actorOf(entry) } : {}),
    ...subjectOf(kind, entry),
    unmapped: rest(entry),
  }
}

/** Of these types nothing is said but that they happened: to be counted by whoever exports. */
export const isUnmapped = (type: string): boolean => ocsfKindOf(type) === UNMAPPED

function metadataOf({ id, seq, type, layer, at, follows = [] }: StoredEntry, options: OcsfOptions): OcsfEvent {
  const [follow] = follows
  return {
    version: OCSF_VERSION,
    product: { name: 'Reeve', vendor_name: 'Reeve', version: options.release },
    uid: id,
    sequence: seq,
    event_code: type,
    log_name: layer,
    original_time: at,
    ...(follow === undefined ? {} : { correlation_uid: follow }),
  }
}

const actorOf = ({ actor }: StoredEntry): OcsfEvent =>
  actor === 'reeve' ? { app_name: 'Reeve', app_uid: actor } : { user: { uid: actor } }

function subjectOf({ class: name }: OcsfKind, entry: StoredEntry): OcsfEvent {
  const { type, subjects, record, actor, reason, content } = entry
  const noun = type.split('.')[0] ?? type
  const uid = record?.id ?? subjects[0] ?? noun
  if (name === 'detection_finding') {
    return { finding_info: { uid: entry.id, title: type }, resources: subjects.map((id) => ({ uid: id })) }
  }
  if (name === 'user_access') {
    const privilege = content?.['role'] ?? content?.['operation']
    return {
      user: { uid: type === 'act.refused' ? actor : uid },
      ...(typeof privilege === 'string' ? { privileges: [privilege] } : {}),
    }
  }
  if (name === 'base_event') return {}
  const version = record === undefined ? {} : { version: String(record.version) }
  return {
    entity: { uid, type: noun, type_id: 99, ...version },
    ...(reason === undefined ? {} : { comment: reason }),
  }
}

function rest(entry: StoredEntry): OcsfEvent {
  const { layer, writtenBy, actor, onBehalfOf, subjects, record, reason, follows = [], content, contentHash } = entry
  return {
    layer,
    written_by: writtenBy,
    actor,
    subjects,
    follows,
    ...(onBehalfOf === undefined ? {} : { on_behalf_of: onBehalfOf }),
    ...(reason === undefined ? {} : { reason }),
    ...(content === undefined ? {} : { content }),
    ...(record === undefined ? {} : { record: { ...record } }),
    ...(contentHash === undefined ? {} : { content_hash: contentHash }),
  }
}
