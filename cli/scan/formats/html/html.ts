// The HTML report.
import type { Report } from '../../contract.ts'

export function* htmlPieces(report: Report): Generator<string> {
  yield `<!doctype html><title>Reeve</title>${report.findings.length}`
}
