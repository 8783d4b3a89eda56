// Whether a free text, such as a reason, holds a secret by its form. SECURITY: it tells which kind, never the value; what has
// no form of its own (a bare password in prose) cannot be told from a word.

const CAPITALS_AND_DIGITS = '[A-Z0-9]'
const FORMS: readonly (readonly [kind: string, form: RegExp])[] = [
  ['a private key', /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/],
  ['a key of AWS', new RegExp(`\\b(?:AKIA|ASIA)${CAPITALS_AND_DIGITS}{16}\\b`)],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50})/],
  ['a token of GitLab', /\bglpat-[A-Za-z0-9_-]{20}/],
  ['a token of Slack', /\bxox[abeprs]-[A-Za-z0-9-]{10}/],
  ['a key of Google', /\bAIza[A-Za-z0-9_-]{35}/],
  ['a key of Stripe', /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16}/],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{36}/],
  ['a token of a model provider', /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32}/],
  ['a JSON Web Token', /\beyJ[A-Za-z0-9_-]{8,8192}\.eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8}/],
  ['a token of Reeve', /\breeve_[a-z]{0,8}_?[A-Za-z0-9]{30}/],
  ['a password in an address', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,200}:(?![$<{*])[^\s/@]{3,200}@/i],
  [
    'a password',
    /\b(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|token)["']?\s{0,3}[=:]\s{0,3}["']?(?![$<{*])(?=[^\s"',;]{0,200}[\d!#%^&+=~])[^\s"',;]{6,200}/i,
  ],
]

/** In words; `undefined` where none is seen. */
export function secretIn(text: string): string | undefined {
  return FORMS.find(([, form]) => form.test(text))?.[0]
}
