// Where a real comment begins on a line. Text inside of quotes and formats without comments are data, which anybody may
// have written who may set a tag or an annotation: data never suppresses a finding.
import { Lexer } from 'yaml'

const LINE_CHARACTERS_MAX = 4096
const YAML_CHARACTERS_MAX = 4 * 1024 * 1024

const NO_COMMENTS =
  /\.(?:json|jsonl|ndjson|tfstate(?:\.backup)?|sarif|har|geojson|webmanifest|ipynb|csv|tsv|ldif|ldf|pem|crt|cer|key|der|pub|ppk|asc)$|(?:^|\/)(?:passwd|shadow|group|gshadow)-?$/i
/** A comment has its own line there, and what stands behind other text belongs to that text. */
const ALONE_ONLY = /(?:^|\/)(?:authorized_keys2?|known_hosts|crontab|[^/]*\.crontab|\.htpasswd|\.netrc|\.pgpass)$/i

/** Openers by the last part of the name; `escapes`: a backslash always escapes a quote there. */
const LANGUAGES: readonly { readonly names: RegExp; readonly openers: readonly string[]; readonly escapes?: true }[] = [
  { names: /\.(?:py|rb|pl|r|ex|exs|jl)$/i, openers: ['#'], escapes: true },
  {
    names:
      /\.(?:[cm]?[jt]sx?|go|java|kts?|scala|c|cc|cpp|h|hpp|cs|rs|swift|dart|groovy|gradle|proto|jsonc|json5|bicep)$/i,
    openers: ['//', '/*'],
    escapes: true,
  },
  { names: /\.(?:css|scss|less)$/i, openers: ['//', '/*'] },
  { names: /\.(?:php|tf|tfvars|hcl)$/i, openers: ['#', '//', '/*'] },
  { names: /\.sql$/i, openers: ['--', '#', '/*'] },
  { names: /\.(?:lua|hs|elm|adb|ads)$/i, openers: ['--'] },
  { names: /\.(?:html?|xml|md|svg|xhtml|vue|config|csproj|props|plist)$/i, openers: ['<!--'] },
  { names: /\.(?:tex|sty|erl|hrl|m|ps)$/i, openers: ['%'] },
  { names: /\.(?:bat|cmd)$/i, openers: ['rem ', '::'] },
  { names: /\.(?:vb|vbs|bas|cls)$/i, openers: ["'", 'rem '] },
  { names: /\.(?:el|lisp|clj|scm|asm)$/i, openers: [';'] },
  {
    names: /(?:\.(?:sh|bash|zsh|fish|ps1|toml|env|properties)|(?:^|\/)(?:\.env[^/]*|dockerfile[^/]*))$/i,
    openers: ['#'],
  },
]
const ANY_OPENERS = ['#', '//', '--', ';', '<!--', '/*', '{#', '<%#']
const CLOSERS: Readonly<Record<string, string>> = { '/*': '*/', '<!--': '-->', '{#': '#}', '<%#': '%>' }

/** Index of the comment on the line `index` of the file, or `undefined` where there is none. */
export function commentStart(file: string, lines: readonly string[], index: number): number | undefined {
  const line = lines[index] ?? ''
  if (line.length > LINE_CHARACTERS_MAX || NO_COMMENTS.test(file)) return undefined
  if (/\.ya?ml$/i.test(file)) return yamlComments(lines).get(index)
  const language = LANGUAGES.find(({ names }) => names.test(file))
  if (language === undefined && looksLikeData(lines)) return undefined
  const openers = language?.openers ?? ANY_OPENERS
  // the middle of a block comment, as it is written above declarations
  if (openers.includes('/*') && language !== undefined && /^\s*\*+\s/.test(line)) return line.indexOf('*')
  const start = outsideOfQuotes(line, openers, true)
  if (start === undefined || (ALONE_ONLY.test(file) && line.slice(0, start).trim() !== '')) return undefined
  // where it is not known whether a backslash escapes, both readings have to agree
  return language?.escapes === true || outsideOfQuotes(line, openers, false) === start ? start : undefined
}

function outsideOfQuotes(line: string, openers: readonly string[], escapes: boolean): number | undefined {
  const lower = line.toLowerCase()
  let quote = ''
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at)
    if (escapes && character === '\\') at += 1
    else if (quote !== '') quote = character === quote ? '' : quote
    else {
      const opener = openers.find((one) => lower.startsWith(one, at) && mayOpen(line, at, one))
      const end = opener === undefined ? -1 : line.indexOf(CLOSERS[opener] ?? '\n', at + opener.length)
      if (opener !== undefined && (end === -1 || line.slice(at, end).includes('reeve:ignore'))) return at
      if (opener !== undefined) at = end + (CLOSERS[opener] ?? '').length - 1
      else if (/["'`]/.test(character) && !(character === "'" && /\w/.test(line.charAt(at - 1)))) quote = character
    }
  }
  return undefined
}

/** `https://`, `colour#1`, `--option` and the like open nothing. */
function mayOpen(line: string, at: number, opener: string): boolean {
  const before = line.slice(0, at)
  if (opener === 'rem ' || opener === '::') return before.trim() === ''
  if (opener === '--') return /(?:^|[\s;,)])$/.test(before) && /^--(?:\s|-|$)/.test(line.slice(at, at + 3))
  return CLOSERS[opener] !== undefined || /(?:^|[\s;,{}()[\]"'])$/.test(before)
}

/** JSON, tables and LDIF under names that do not say so. */
function looksLikeData(lines: readonly string[]): boolean {
  const first = (lines.find((line) => line.trim() !== '') ?? '')
    .slice(0, LINE_CHARACTERS_MAX)
    .replace(/^\uFEFF/, '')
    .trim()
  const opensJson = /^(?:\{|\[\s*(?:[{["]|$))/.test(first) && !/^\{[{%#]/.test(first)
  return opensJson || /^(?:dn|version)::? /i.test(first) || first.split(/[,\t;]/).length > 3
}

/** Tokens of the lexer that stand for no text of the file. */
const LEXER_MARKS = new Set(['\u0002', '\u0018', '\u001F'])

const knownYaml = new WeakMap<readonly string[], ReadonlyMap<number, number>>()

/** By the lexer: in YAML a `#` may stand in block scalars and in quoted text over several lines. */
function yamlComments(lines: readonly string[]): ReadonlyMap<number, number> {
  const known = knownYaml.get(lines)
  if (known !== undefined) return known
  const found = new Map<number, number>()
  knownYaml.set(lines, found)
  const text = lines.join('\n')
  if (text.length > YAML_CHARACTERS_MAX) return found
  let [line, column, scalar] = [0, 0, false]
  for (const token of new Lexer().lex(text)) {
    const isValue = scalar
    scalar = token === '\u001F'
    if (LEXER_MARKS.has(token)) continue
    if (!isValue && token.startsWith('#')) found.set(line, column)
    const breaks = token.split('\n')
    line += breaks.length - 1
    column = breaks.length > 1 ? (breaks.at(-1) ?? '').length : column + token.length
  }
  return found
}
