// What a command line says: its program, by which a job is named, and the secrets in its arguments. Pure.
// SECURITY: arguments are never shown; a job is named by its program only.
import { isPlaceholder, isSecretEntry, isSecretName, passwordInUrl } from '../placeholder.ts'

export interface SecretInText {
  /** The option, variable or header that holds it. */
  readonly name: string
  readonly value: string
}

const LENGTH_MAX = 16_384
const OPERATORS = new Set(['&&', '||', ';', '|', '&', '{', '}', '(', ')'])
const WRAPPERS = new Set(['sudo', 'nice', 'ionice', 'env', 'exec', 'nohup', 'time', 'chronic', 'then', 'command', '!'])
const WITH_ONE_ARGUMENT = new Set(['timeout', 'flock', 'setuidgid', 'chrt', 'taskset'])
const INTERPRETERS = /^(?:.*\/)?(?:ba|da|z|k)?sh$|^(?:.*\/)?(?:python[\d.]*|perl|ruby|node|php[\d.]*|java|pwsh)$/

/** The words of a shell-like text; quotes are taken off, nothing is expanded. One pass, whatever the quotes do. */
export function wordsOf(text: string): string[] {
  const words: string[] = []
  let word = ''
  let open = false
  let quote = ''
  const length = Math.min(text.length, LENGTH_MAX)
  for (let at = 0; at < length; at++) {
    const character = text.charAt(at)
    if (character === '\\' && quote !== "'") {
      at += 1
      word += text.charAt(at)
      open = true
    } else if (character === quote) quote = ''
    else if (quote === '' && (character === '"' || character === "'")) {
      quote = character
      open = true
    } else if (quote === '' && /\s/.test(character)) {
      if (open) words.push(word)
      word = ''
      open = false
    } else {
      word += character
      open = true
    }
  }
  if (open) words.push(word)
  return words
}

/** The program of a command line, without arguments; `command` when none can be told. */
export function programOf(command: string): string {
  const words = wordsOf(command)
  for (let at = 0; at < words.length; at++) {
    const word = (words[at] ?? '').replace(/;$/, '')
    if (word === '' || OPERATORS.has(word) || WRAPPERS.has(word) || word.startsWith('-') || isAssignment(word)) continue
    if (word === 'cd' || WITH_ONE_ARGUMENT.has(word)) {
      at += 1
      continue
    }
    if (word === '[' || word === '[[' || word === 'test' || word === 'if') {
      while (at + 1 < words.length && !OPERATORS.has(words[at + 1] ?? '') && words[at] !== ']') at += 1
      continue
    }
    const script = words[at + 1]
    if (INTERPRETERS.test(word) && script !== undefined && /^[\w./-]*\/[\w./-]+$|^[\w-]+\.\w+$/.test(script))
      return shown(script)
    return shown(word)
  }
  return 'command'
}

const isAssignment = (word: string): boolean => /^[A-Za-z_]\w*=/.test(word)
const shown = (word: string): string => (/^[\w./+@-]{1,120}$/.test(word) && !isLikelySecret(word) ? word : 'command')
/** A program has a name that can be read; a long run of letters and digits without a slash is something else. */
const isLikelySecret = (word: string): boolean => /^[\w+-]{32,}$|^(?=\D*\d)(?=[^A-Z]*[A-Z])[\w+-]{20,}$/.test(word)

const HEADER =
  /(authorization|x-api-key|private-token|x-auth-token|api-key|x-vault-token)\s{0,4}:\s{0,4}(?:(?:bearer|basic|token)\s{1,4})?([^\s"']{8,400})/i

const QUERY = /^https?:[^?]*[?](?:[^&]*&)*?((?:access_|auth_|api_)?(?:token|key|secret|password))=([^&#]{8,400})/i

/** Secrets in the arguments, assignments and URLs of a command line. */
export function secretsInCommand(command: string): SecretInText[] {
  const words = wordsOf(command)
  const program = programOf(command)
  const found: SecretInText[] = []
  for (const [index, word] of words.entries()) {
    const secret = secretInWord(word, words[index + 1], program)
    if (secret !== undefined && !isPlaceholder(secret.value)) found.push(secret)
  }
  return found
}

function secretInWord(word: string, next: string | undefined, program: string): SecretInText | undefined {
  const url = passwordInUrl(word)
  if (url !== undefined) return { name: `${url.scheme} password`, value: url.password }
  const [, parameter = '', given = ''] = (word.length < 4000 ? QUERY.exec(word) : null) ?? []
  if (isSecretEntry(parameter, given)) return { name: parameter, value: given }
  const [, variable = '', value = ''] = /^(?:-{1,2})?([A-Za-z][\w.-]{0,80})=([^]+)$/.exec(word) ?? []
  if (variable !== '') return isSecretEntry(variable, value) ? { name: variable, value } : undefined
  const option = /^--?([A-Za-z][\w-]{2,80})$/.exec(word)?.[1]
  if (option !== undefined && next !== undefined && !next.startsWith('-') && isSecretName(option))
    return isSecretEntry(option, next) ? { name: option, value: next } : undefined
  const [, header = '', token = ''] = (word.length < 2000 ? HEADER.exec(word) : null) ?? []
  if (header !== '') return { name: header.toLowerCase(), value: token }
  const base = program.slice(program.lastIndexOf('/') + 1)
  if (/^(?:mysql|mariadb)/.test(base) && /^-p.{4,}/.test(word)) return { name: 'mysql password', value: word.slice(2) }
  if (word === '-p' && base === 'sshpass' && next !== undefined) return { name: 'ssh password', value: next }
  if (word === '-a' && base === 'redis-cli' && next !== undefined) return { name: 'redis password', value: next }
  if (/^(?:-u|--user)$/.test(word) && base === 'curl' && next?.includes(':') === true) {
    const password = next.slice(next.indexOf(':') + 1)
    return password.length >= 6 ? { name: 'curl password', value: password } : undefined
  }
  return undefined
}

/** The command with the secrets in it taken out, for showing. */
export function withoutSecrets(command: string): string {
  let shownCommand = command
  for (const { value } of secretsInCommand(command)) shownCommand = shownCommand.replaceAll(value, '…')
  return shownCommand
}
