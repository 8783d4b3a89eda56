// What kind of text a file is, judged by its name alone: how values are written there, and what its place says of them.

/**
 * How a value stands in the text. `code`: quoted only, what is not is an expression; `shell` and `config`: also bare;
 * `markup`: between tags and in attributes; `prose`: documents; `unknown`: no rule for the name, read as `config` with
 * more care.
 */
export type Syntax = 'code' | 'shell' | 'config' | 'markup' | 'prose' | 'unknown'

export interface FileKind {
  readonly syntax: Syntax
  /** In tests, examples, fixtures or documents: secrets there are less likely live, and still reported. */
  readonly rehearsal: boolean
  /** Translations, word lists, locks and minified bundles: names beside values say nothing there. */
  readonly contextFree: boolean
  /** The last extension, lower case, without the dot. */
  readonly extension: string
  /** The file's own name, lower case. */
  readonly name: string
}

const list = (words: string): ReadonlySet<string> => new Set(words.split(' '))

const CODE = list(
  'py pyi pyw js mjs cjs jsx ts mts cts tsx java kt kts scala groovy gradle go rs rb erb rake php phtml c h cc cpp cxx hpp hh hxx cs vb fs fsx swift m mm dart lua pl pm r jl ex exs erl hs ml clj cljs sql psql plsql pls pks pkb ddl sol v vue svelte astro nim zig d pas ipynb json json5 jsonc ndjson jsonl tf hcl tfvars tfstate avsc graphql gql proto thrift coffee elm cr vala proto bicep jsonnet libsonnet cue dhall nix star bzl bazel cmake cfc cfm asp aspx jsp jspx cshtml razor as ino tcl awk f90 cob abap apex cls trigger har webmanifest vim',
)
const SHELL = list('sh bash zsh fish ksh csh bat cmd ps1 psm1 psd1 command envrc mk mak make')
const CONFIG = list(
  'yaml yml properties ini cfg conf cnf config env toml service timer socket netrc pgpass npmrc pypirc editorconfig prefs inf reg rc dsn cred credentials secret secrets rsp my lst repo sources list gitconfig s3cfg boto pip ovpn nmconnection wg network container j2 tpl tmpl template mustache',
)
const MARKUP = list(
  'xml html htm xhtml xsl xslt xsd plist csproj vbproj fsproj props targets nuspec resx xaml svg wsdl pom jelly fxml iml storyboard xib rss jmx jnlp',
)
const PROSE = list('md markdown mdx rst adoc asciidoc txt text textile org tex pod man log out eml msg rtf csv tsv')

const BY_NAME: readonly (readonly [RegExp, Syntax])[] = [
  [/^(?:docker|container)file|\.dockerfile$/, 'shell'],
  [/^(?:gnu)?makefile$|^justfile$|^procfile$/, 'shell'],
  [/^(?:vagrant|jenkins|gem|pod|rake|fast|appfast|danger|brew)file$/, 'code'],
  [
    /^\.env|\.env$|\.env\.|^env\.|^\.?netrc$|^_netrc$|^\.?pgpass$|^pgpass\.conf$|^\.htpasswd$|^\.(?:my|mylogin)\.cnf$/,
    'config',
  ],
  [
    /^(?:config|credentials|\.npmrc|\.yarnrc|\.pypirc|\.gitconfig|\.s3cfg|\.boto|\.git-credentials|hosts|secrets?)$/,
    'config',
  ],
  [/^\.(?:bash|zsh|profile|ksh)\w*$|^\.?(?:bashrc|zshrc|profile)$/, 'shell'],
  [/^web\.config$|^app\.config$|\.config\.xml$/, 'markup'],
]

const REHEARSAL =
  /(?:^|[/_.-])(?:tests?|testing|testdata|spec|specs|mocks?|fixtures?|examples?|samples?|demos?|docs?|tutorials?|e2e|integration[_-]?tests?|__tests__|__mocks__|benchmarks?)(?:[/_.-]|$)|(?:Tests?|Spec|IT|TestCase)\.(?:java|kt|cs|scala|groovy|php|swift)$|_test\.\w+$/i

const TRANSLATION =
  /(?:^|[/_.-])(?:i18n|l10n|locales?|translations?|lang|langs|languages?|nls|strings)[/.]|\.(?:po|pot|xlf|xliff|arb|strings|resx|lproj|mo)$|(?:^|[/_.-])(?:messages?|labels?|translation|resources?|strings?)[_.-][a-z]{2}(?:[_-][a-z]{2,4})?\.\w+$|\/values(?:-[a-z]{2}(?:-r?[a-z]{2})?)\/strings\.xml$|(?:^|\/)(?:en|de|fr|es|it|pt|nl|ru|ja|ko|zh|pl|tr|sv|da|fi|cs|hu|uk|ar|he|vi|th|id)(?:[-_][a-z]{2,4})?\.(?:json|ya?ml|js|ts|php|properties)$/i

const LOCK =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|Cargo\.lock|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|Gemfile\.lock|composer\.lock|go\.sum|flake\.lock|packages\.lock\.json|gradle\.lockfile|mix\.lock|pubspec\.lock|Podfile\.lock|Package\.resolved|\.terraform\.lock\.hcl|deno\.lock|conda-lock\.yml|Chart\.lock)$/

const BUNDLE =
  /\.min\.(?:js|css|mjs)$|[.-]bundle\.(?:js|css)$|\.(?:js|css|mjs|ts)\.map$|\.css$|\.s[ac]ss$|\.less$|\.svg$|\.snap$/i

/** `settings.py.example` is Python. */
const COPY_SUFFIX =
  /(?<=\.\w{1,12})\.(?:example|sample|dist|template|default|local|bak|backup|orig|old|in|tmpl|tpl|j2|erb|save)$/

/** Pure and cheap: reads nothing but the path. */
export function fileKindOf(path: string): FileKind {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const plain = name.replace(COPY_SUFFIX, '')
  const dot = plain.lastIndexOf('.')
  const extension = dot === -1 ? '' : plain.slice(dot + 1)
  return {
    syntax: BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? syntaxOf(extension),
    rehearsal: REHEARSAL.test(path),
    contextFree: TRANSLATION.test(path) || LOCK.test(path) || BUNDLE.test(path),
    extension,
    name,
  }
}

function syntaxOf(extension: string): Syntax {
  if (CODE.has(extension)) return 'code'
  if (SHELL.has(extension)) return 'shell'
  if (CONFIG.has(extension)) return 'config'
  if (MARKUP.has(extension)) return 'markup'
  return PROSE.has(extension) ? 'prose' : 'unknown'
}
