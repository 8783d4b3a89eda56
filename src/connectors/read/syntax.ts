// What is wrong with a file as such, whoever reads it: each such file gives one problem, so that nobody takes a file that
// could not be read for one that holds nothing.
import type { ReadProblem } from '#kernel'
import { shapeOf } from '../input/json-scan.ts'
import { isTextName } from '../input/text-name.ts'
import type { InputFile } from '../input/untrusted-file.ts'
import { ParseProblem } from '../port.ts'

/** Only for this check; connectors parse what they want. */
const CHECKED_BYTES_MAX = 1024 * 1024

const DEEP_START = 60
const DEEP_START_CHARS = 2048
const JSON_NAME = /\.(?:json|tfstate|ndjson|jsonl)$/i
const YAML_NAME = /\.ya?ml$/i
/** Text or binary, so a NUL in it says nothing. */
const PLIST_NAME = /\.plist$/i
/** An alias somewhere: without one a YAML file cannot be a bomb, and is left to the connectors. */
const YAML_ALIAS = /(?:^|[\s,[{])\*[A-Za-z0-9_]/m

/** At most one for each kind of damage. */
export function syntaxProblems(file: InputFile): ReadProblem[] {
  // history is full of files that were broken once
  if (file.binary || file.origin === 'history') return []
  const problems: ReadProblem[] = []
  const say = (message: string, line?: number): void => {
    problems.push({ type: 'problem', file: file.path, ...(line === undefined ? {} : { startLine: line }), message })
  }
  const nulLine = file.nulLine()
  if (nulLine !== undefined) {
    // whatever else is wrong with it follows from this
    say(
      'the file is named as text and holds NUL bytes; they were read as spaces, so parts of it may be missing',
      nulLine,
    )
    return problems
  }
  const small = file.bytes.length <= CHECKED_BYTES_MAX
  const broken = small && JSON_NAME.test(file.path) ? brokenJson(file) : file.jsonProblem()
  if (broken !== undefined) say(broken.message, broken.line)
  const bomb = small && YAML_NAME.test(file.path) && YAML_ALIAS.test(file.text()) ? refusedYaml(file) : undefined
  if (bomb !== undefined) say(bomb.message, bomb.line)
  if (isTextName(file.path) || PLIST_NAME.test(file.path)) {
    const line = file.invalidTextLine()
    if (line !== undefined) say('the text is not valid UTF-8; what is not was read as replacement characters', line)
  }
  return problems
}

function brokenJson(file: InputFile): ParseProblem | undefined {
  try {
    JSON.parse(file.text())
    // what nests too deep for anybody begins so; the whole text is only gone through when its start looks like it
    if (shapeOf(file.text().slice(0, DEEP_START_CHARS), DEEP_START).tooDeepAt === undefined) return undefined
  } catch {
    // it may still be a stream, or JSON with comments
  }
  try {
    file.json()
    return file.jsonProblem()
  } catch (error) {
    if (error instanceof ParseProblem) return error
    throw error
  }
}

/** Templates with YAML names are common, so only a document that is refused for its size counts here. */
const refusedYaml = (file: InputFile): { line: number; message: string } | undefined =>
  file.yaml().problems.find(({ refused }) => refused === true)
