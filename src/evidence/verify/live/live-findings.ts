// What the verification of a running log finds, in the order of its checks.
import type { Finding } from '../offline/report.ts'

/** `range`: the places of entries that it is about, both ends included. */
export interface LiveFinding extends Finding {
  readonly range?: { readonly from: number; readonly to: number }
}

/** Of what there may be millions, so many are named one by one. */
export const NAMED_MAX = 10

export class LiveFindings {
  readonly all: LiveFinding[] = []

  say(check: string, outcome: Finding['outcome'], detail: string): void {
    this.all.push({ check, outcome, detail })
  }

  fail(check: string, detail: string, from: number, to = from): void {
    this.all.push({ check, outcome: 'failed', detail, range: { from, to } })
  }

  hasFailed(of: (check: string) => boolean): boolean {
    return this.all.some(({ check, outcome }) => outcome === 'failed' && of(check))
  }
}
