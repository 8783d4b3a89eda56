// Offers one file to every connector and collects what they say. A connector that fails costs its own part, no more.
import type { Observation, ReadProblem } from '#kernel'
import { ParseProblem } from '../port.ts'
import type { Connector, ReadContext, UntrustedFile } from '../port.ts'

/** Observations in connector order, then file order. Two connectors that trip over the same error report it once. */
export function readFileFacts(
  file: UntrustedFile,
  connectors: readonly Connector[],
  context: ReadContext,
): Observation[] {
  const observations: Observation[] = []
  const problems = new Map<string, ReadProblem>()
  for (const connector of connectors) {
    try {
      if (!connector.accepts(file)) continue
      for (const observation of connector.discover(file, context)) {
        if (observation.type === 'problem')
          problems.set(`${observation.startLine ?? 0} ${observation.message}`, observation)
        else observations.push(observation)
      }
    } catch (error) {
      const problem = asProblem(file, connector.id, error)
      const key = `${problem.startLine ?? 0} ${problem.message}`
      if (!problems.has(key)) problems.set(key, problem)
    }
  }
  return [...observations, ...problems.values()]
}

function asProblem(file: UntrustedFile, connector: string, error: unknown): ReadProblem {
  const known = error instanceof ParseProblem
  return {
    type: 'problem',
    connector,
    file: file.path,
    ...(known && error.line !== undefined ? { startLine: error.line } : {}),
    // SECURITY: an unforeseen error's message may quote the input, so it is not passed on
    message: known
      ? error.message
      : `the ${connector} connector could not read this file; please report it with the file's shape, not its content`,
  }
}
