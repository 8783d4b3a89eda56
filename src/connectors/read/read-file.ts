// Offers one file to every connector and collects what they say. A connector that fails costs its own part, no more.
import type { Observation, ReadProblem } from '#kernel'
import type { InputFile } from '../input/untrusted-file.ts'
import { ParseProblem } from '../port.ts'
import type { Connector, ReadContext, UntrustedFile } from '../port.ts'
import { redaction } from './redact.ts'
import { syntaxProblems } from './syntax.ts'

/**
 * Observations in connector order, then file order, problems last. Two connectors that trip over the same error report it
 * once. An `InputFile` is also checked for what no connector looked at: text that is not valid, JSON that does not parse.
 */
export function readFileFacts(
  file: UntrustedFile | InputFile,
  connectors: readonly Connector[],
  context: ReadContext,
): Observation[] {
  const redacted = redaction(context)
  const observations: Observation[] = []
  const problems = new Map<string, ReadProblem>()
  const note = (problem: ReadProblem): void => {
    const key = `${problem.startLine ?? 0} ${problem.message}`
    if (!problems.has(key)) problems.set(key, problem)
  }
  for (const connector of connectors) {
    try {
      if (!connector.accepts(file)) continue
      for (const observation of connector.discover(file, redacted.context)) {
        if (observation.type === 'problem') note(observation)
        else observations.push(observation)
      }
    } catch (error) {
      note(asProblem(file, connector.id, error))
    }
  }
  if ('jsonProblem' in file) {
    const lines = new Set([...problems.values()].map(({ startLine }) => startLine))
    // a connector may have said it in its own words
    for (const problem of syntaxProblems(file)) if (!lines.has(problem.startLine)) note(problem)
  }
  // SECURITY: only now is every secret of the file known
  return [...observations, ...problems.values()].map(redacted.clean)
}

function asProblem(file: UntrustedFile, connector: string, error: unknown): ReadProblem {
  const known = error instanceof ParseProblem
  return {
    type: 'problem',
    connector,
    file: file.path,
    ...(known && error.line !== undefined ? { startLine: error.line } : {}),
    ...(file.commit === undefined ? {} : { commit: file.commit }),
    // SECURITY: an unforeseen error's message may quote the input, so it is not passed on
    message: known
      ? error.message
      : `the ${connector} connector could not read this file; please report it with the file's shape, not its content`,
  }
}
