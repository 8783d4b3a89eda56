// Writes the declarations of `reeve/sdk` into the built package: of each door, the files alone that the names lead to, since
// a package that is installed has no sources and no doors.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix, resolve } from 'node:path'

const ENTRY = 'sdk/index.ts'
const TARGET = 'dist/types'
const FILES_MAX = 100
/** As `tsc` writes them: one statement a line. */
const NAMED = /^(import|export)( type)? \{ ([^}]*) \} from '([#.][^']*)';$/gm
const STAR = /^export \* from '([#.][^']*)';$/gm
const OTHER = /(?:from |import\()["'][#.]/

const { imports: doors } = JSON.parse(readFileSync('package.json', 'utf8')) as { imports: Record<string, string> }

function declarations(folder: string): Map<string, string> {
  const project = join(folder, 'tsconfig.json')
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: folder,
    rootDir: resolve('.'),
    typeRoots: [resolve('node_modules/@types')],
  }
  const files = [resolve(ENTRY)]
  writeFileSync(project, JSON.stringify({ extends: resolve('tsconfig.json'), compilerOptions, files, include: [] }))
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], { stdio: 'inherit' })
  return carried((source) => readFileSync(join(folder, source.replace(/\.ts$/, '.d.ts')), 'utf8'))
}

/** By source: its declarations, with every name taken from the file that declares it. */
function carried(textOf: (source: string) => string): Map<string, string> {
  const found = new Map<string, string>()
  const waiting = [ENTRY]
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    if (found.has(source)) continue
    const from = source
    // nobody comes through a barrel: each name was looked up
    const own = textOf(source).replaceAll(STAR, '')
    const text = own.replaceAll(NAMED, (_, verb: string, type = '', names: string, specifier: string) =>
      names
        .split(', ')
        .map((name) => {
          const { file, as } = declaredIn(textOf, meant(from, specifier), name)
          waiting.push(file)
          return `${verb}${type} { ${as} } from '${relative(from, file)}';`
        })
        .join('\n'),
    )
    if (OTHER.test(text.replaceAll(/^(?:import|export)(?: type)? \{ .*$/gm, '')))
      throw new Error(`${source}: its declarations import in a form that is not carried here`)
    found.set(source, text)
  }
  return found
}

/** Where the name that `source` exports is declared; `name` may be `a as b`. */
function declaredIn(
  textOf: (source: string) => string,
  source: string,
  name: string,
): { readonly file: string; readonly as: string } {
  const [asked = '', called = asked] = name.replace(/^type /, '').split(' as ')
  const text = textOf(source)
  for (const [, verb, , names = '', specifier = ''] of text.matchAll(NAMED)) {
    if (verb !== 'export') continue
    const one = names.split(', ').find(
      (each) =>
        each
          .replace(/^type /, '')
          .split(' as ')
          .at(-1) === asked,
    )
    if (one === undefined) continue
    const [own = ''] = one.replace(/^type /, '').split(' as ')
    return declaredIn(textOf, meant(source, specifier), `${own} as ${called}`)
  }
  const declares = new RegExp(`\\b(?:interface|type|class|const|function) ${asked}\\b`)
  if (declares.test(text)) return { file: source, as: asked === called ? asked : `${asked} as ${called}` }
  for (const [, specifier = ''] of text.matchAll(STAR)) {
    try {
      return declaredIn(textOf, meant(source, specifier), name)
    } catch {
      // it is in another one
    }
  }
  throw new Error(`${source}: it does not declare ${asked}`)
}

/** The source that `specifier` means in `source`, both from the root of the repository. */
function meant(source: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(source), specifier)
  const door = doors[specifier]
  if (door === undefined) throw new Error(`${source}: ${specifier} is no door of package.json#imports`)
  return posix.normalize(door)
}

function relative(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to).replace(/\.ts$/, '.js')
  return path.startsWith('.') ? path : `./${path}`
}

const folder = mkdtempSync(join(tmpdir(), 'reeve-types-'))
try {
  const found = declarations(folder)
  if (found.size > FILES_MAX) throw new Error(`${found.size} files: a type of the SDK leads to too much`)
  rmSync(TARGET, { recursive: true, force: true })
  for (const [source, text] of found) {
    const target = join(TARGET, source.replace(/\.ts$/, '.d.ts'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  process.stdout.write(`${TARGET}: ${found.size} declarations\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
