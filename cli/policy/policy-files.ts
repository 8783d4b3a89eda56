// Policies as they lie on disk: one file, or a folder of `*.cedar` with at most one `*.cedarschema`. They are one text to the
// server; a place in it is told as a place in the file that it came from.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '#kernel'
import { codeOf } from '../terminal/write-out.ts'

export interface PolicyFiles {
  readonly text: string
  readonly schema?: string
  /** `file:line:column`, or the file alone. */
  readonly placeOf: (part: 'policies' | 'schema', line?: number, column?: number) => string
}

const FILES_MAX = 1000

/** Throws Fault('usage') for what cannot be read, and for a folder without policies. */
export async function readPolicies(path: string, schemaPath?: string): Promise<PolicyFiles> {
  const names = await namesIn(path)
  const schemaFile = schemaPath ?? schemaIn(path, names)
  const schema = schemaFile === undefined ? undefined : await textOf(schemaFile)
  const files = names === undefined ? [path] : names.filter(isPolicies).map((name) => join(path, name))
  if (files.length === 0) throw new Fault('usage', `there is no *.cedar file in \`${path}\``)
  const parts: { readonly file: string; readonly from: number }[] = []
  let text = ''
  let line = 1
  for (const file of files) {
    const own = await textOf(file)
    parts.push({ file, from: line })
    const whole = own === '' || own.endsWith('\n') || files.length === 1 ? own : `${own}\n`
    text += whole
    line += whole.split('\n').length - 1
  }
  return {
    text,
    ...(schema !== undefined && { schema }),
    placeOf: (part, at, column = 1) => {
      if (part === 'schema') return at === undefined ? (schemaFile ?? path) : `${schemaFile ?? path}:${at}:${column}`
      if (at === undefined) return path
      const { file, from } = parts.findLast((one) => one.from <= at) ?? { file: path, from: 1 }
      return `${file}:${at - from + 1}:${column}`
    },
  }
}

const isPolicies = (name: string): boolean => name.endsWith('.cedar')

/** Sorted; `undefined` for what is no folder. */
async function namesIn(path: string): Promise<readonly string[] | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return undefined
    const names = (await readdir(path)).filter((name) => isPolicies(name) || name.endsWith('.cedarschema'))
    if (names.length > FILES_MAX) throw new Fault('usage', `\`${path}\` holds more than ${FILES_MAX} files`)
    return names.sort()
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('usage', `\`${path}\` cannot be read (${codeOf(cause)})`, { cause })
  }
}

function schemaIn(path: string, names: readonly string[] = []): string | undefined {
  const [first, second] = names.filter((name) => !isPolicies(name))
  if (second !== undefined) throw new Fault('usage', `\`${path}\` has two schemas; name one with --schema`)
  return first === undefined ? undefined : join(path, first)
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Fault('usage', `\`${file}\` cannot be read (${codeOf(cause)})`, { cause })
  }
}
