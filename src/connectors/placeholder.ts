// Tells values that stand for a secret (references, examples, blanks) from values that are one, and names that call
// for a secret from names that do not. Pure and small; the source-code connector has its own, larger judgement.

/** Forms that name where the value comes from, at their start or as the whole. */
const REFERENCE = [
  /^\$\{[^}]*\}$/,
  /^\$\([^)]*\)$/,
  /^\$[A-Za-z_][A-Za-z0-9_]*$/,
  /^%[A-Za-z_][A-Za-z0-9_]*%$/,
  /^\{\{.*\}\}$/,
  /^<[^>]*>$/,
  /^\[[A-Za-z _-]*\]$/,
  /^@[A-Za-z_]+@$/,
  /^__[A-Za-z_]+__$/,
  /^ENC\[/,
  /^(?:op|vault|ref\+\w+|secret|awssm|gcpsm|keyvault|env|file|ssm):/i,
  /^arn:aws[a-z-]*:(?:secretsmanager|ssm|kms):/,
  /^projects\/[^/]+\/secrets\//,
  /^(?:~|\.{0,2})\/[\w./@%+-]*$/,
  /^!(?:vault|Ref|Sub|GetAtt|ImportValue)\b/,
]

const EXAMPLE_WORD =
  /change[-_ ]?me|change[-_ ]?this|replace[-_ ]?(?:me|this|with)|placeholder|example|your[-_ ]|my[-_]?(?:password|secret|token)$|insert[-_ ]|dummy|redacted|masked|sample|to[-_ ]?be[-_ ]?(?:set|filled)|fixme|sensitive value|\(sensitive\)|known after apply|not[-_ ]?(?:set|used|a[-_]real)/i

const BLANK_WORD =
  /^(?:null|none|nil|undefined|true|false|yes|no|on|off|default|empty|unset|password|passwd|secret|token|test|todo|tbd|n\/a|\*+|x+|\.+|-+|_+|0+)$/i

/** True when `value` is blank, an example, or the name of a place where the value really is. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim()
  if (text.length < 4 || text.length > 65_536) return text.length < 4
  if (BLANK_WORD.test(text)) return true
  if (text.length <= 512 && REFERENCE.some((form) => form.test(text))) return true
  if (text.length <= 200 && EXAMPLE_WORD.test(text)) return true
  // a variable inside a longer text (`prefix-${TOKEN}`): what is secret of it is not here
  return text.length <= 512 && /\$\{[A-Za-z_]/.test(text)
}

const SECRET_NAME =
  /(?:^|[^a-z])(?:pass(?:word|wd|phrase)?|pwd|passcode|secret|token|credentials?|api[_.-]?key|apikey|access[_.-]?key|secret[_.-]?key|private[_.-]?key|encryption[_.-]?key|signing[_.-]?key|master[_.-]?key|account[_.-]?key|auth[_.-]?key|shared[_.-]?key|connection[_.-]?string|conn[_.-]?str|dsn|webhook[_.-]?url|bearer|client[_.-]?secret|sas[_.-]?token)(?:s|_?[0-9]|_v[0-9]|_?(?:value|plaintext|plain|base64|b64|pem|json|string|text|old|new|current|primary|secondary|prod|dev|test|staging))*$/

const OWN_WORDS = /([a-z0-9])([A-Z])/g

/**
 * True when a variable or attribute of this name holds a secret. Names that end in what a secret has (`_id`, `_file`,
 * `_arn`, `_ttl`) do not.
 */
export function isSecretName(name: string): boolean {
  if (name.length > 200) return false
  const spaced = name.replaceAll(OWN_WORDS, '$1_$2').toLowerCase()
  return SECRET_NAME.test(spaced) || /(?:password|passwd|apikey|authtoken)$/.test(spaced)
}

/** A name that calls for a secret with a value that can be one: `max_tokens=4096` and `AUTH_TOKEN=${TOKEN}` are none. */
export function isSecretEntry(name: string, value: string): boolean {
  if (!isSecretName(name) || isPlaceholder(value)) return false
  return /pass|pwd|pin/i.test(name) || !/^\d{1,6}$/.test(value.trim())
}

/** The password of a URL with credentials in it, percent-decoding undone; `undefined` when there is none. */
export function passwordInUrl(value: string): { password: string; scheme: string; user: string } | undefined {
  const at = value.indexOf('://')
  if (at < 1 || at > 40) return undefined
  const match = /([a-z][a-z0-9+.-]{0,30}):\/\/([^\s:/?#@"']{0,200}):([^\s/?#@"']{1,500})@/i.exec(value.slice(0, 4096))
  const [, scheme, user, password] = match ?? []
  if (scheme === undefined || user === undefined || password === undefined || isPlaceholder(password)) return undefined
  return { password: decoded(password), scheme: scheme.toLowerCase(), user: decoded(user) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
