// What a verification says, finding by finding. Nothing that was not looked at is called good.
export interface Finding {
  readonly check: string
  /**
   * `cannot`: it could not be decided, and why; a bundle with one is neither good nor bad. `stated`: the exporter's word,
   * that no bundle could prove; it alone changes nothing.
   */
  readonly outcome: 'passed' | 'failed' | 'cannot' | 'stated'
  readonly detail: string
}

export class Report {
  readonly findings: Finding[] = []

  say(check: string, outcome: Finding['outcome'], detail: string): void {
    this.findings.push({ check, outcome, detail })
  }

  has(check: string): boolean {
    return this.findings.some((finding) => finding.check === check)
  }

  /** What a check returns is said as passed; what it throws as failed. False where it failed. */
  async attempt(check: string, work: () => string | undefined | Promise<string | undefined>): Promise<boolean> {
    try {
      const detail = await work()
      if (detail !== undefined) this.say(check, 'passed', detail)
      return true
    } catch (error) {
      this.say(check, 'failed', error instanceof Error ? error.message : String(error))
      return false
    }
  }
}

/** 0: every check passed; 1: something was refused; 2: nothing was refused, and something could not be checked. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  const outcomes = new Set(findings.map(({ outcome }) => outcome))
  return outcomes.has('failed') ? 1 : outcomes.has('cannot') ? 2 : 0
}
