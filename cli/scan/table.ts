// The summary that a person wants on a terminal: the worst first.
import type { Report } from './report.ts'

export function asTable(report: Report): string {
  const lines = [
    `${report.stats.principals} identities, ${report.stats.findings} findings in ${report.stats.files} files`,
    '',
  ]
  for (const finding of report.findings.slice(0, 50)) {
    const at = finding.locations[0]
    lines.push(
      `${finding.severity.padEnd(8)} ${finding.detector.padEnd(20)} ${finding.title}${at === undefined ? '' : `  ${at.file}:${at.startLine ?? 1}`}`,
    )
  }
  return `${lines.join('\n')}\n`
}
