// Remarks to the person at the terminal. They go to standard error: standard output is the report.
import { plain } from '../terminal/text.ts'

export function remark({ quiet }: { readonly quiet?: boolean }, text: string): void {
  if (quiet !== true) process.stderr.write(`reeve: ${plain(text)}\n`)
}
