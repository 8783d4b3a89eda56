// What a sync saw and changed, in numbers and in what could not be written.
import type { BlindSpot, ReadProblem } from '#kernel'
import type { AccessCounts } from '#access/records'
import type { Counts } from '#identity/roll'

const REFUSED_MAX = 100

/** A record that could not be written although the rest was. */
export interface RefusedRecord {
  readonly kind: 'principal' | 'credential' | 'account' | 'entitlement' | 'way'
  readonly name: string
  readonly why: string
}

export interface PeopleCounts {
  readonly joined: number
  readonly changed: number
  readonly left: number
  readonly unchanged: number
  readonly problems: number
  /** Leavers that wait for a person's confirmation, since the feed marks so many. */
  readonly held: number
}

export interface SyncResult {
  readonly principals: Counts
  readonly credentials: Counts
  readonly accounts: AccessCounts
  readonly entitlements: AccessCounts
  /** From principal to principal, and to more than was given. */
  readonly ways: AccessCounts
  readonly people?: PeopleCounts
  /** New proposals that two records may be one. */
  readonly matches: number
  /** New facts of who saw a credential. */
  readonly exposures: number
  /** Credentials of which fingerprints under an older key were dropped. */
  readonly rekeyed: number
  /** True: something of the source was not read, so nothing is taken for gone. */
  readonly partial: boolean
  readonly problems: readonly ReadProblem[]
  readonly blindSpots: readonly BlindSpot[]
  /** The first `REFUSED_MAX`; all are counted as problems of their kind. */
  readonly refused: readonly RefusedRecord[]
  /** In a dry run: the first new principals, by name. */
  readonly sample: readonly string[]
}

export const SAMPLE_MAX = 20

export function addCounts<K extends string>(sum: Record<K, number>, more: Readonly<Record<K, number>>): void {
  for (const name of Object.keys(sum) as K[]) sum[name] += more[name]
}

/** What could not be written, by name; the first of it. */
export class Refusals {
  readonly list: RefusedRecord[] = []

  of(
    kind: RefusedRecord['kind'],
    names?: { nameOf(id: string): string },
  ): (refused: { readonly id: string; readonly why: string }) => void {
    return ({ id, why }) => {
      if (this.list.length < REFUSED_MAX) this.list.push({ kind, name: names?.nameOf(id) ?? id, why })
    }
  }
}
