// What a variable, key or attribute name says of the value beside it. Pure.

/** What kind of secret a name announces, which decides how the value must look. */
export type NameKind = 'password' | 'secret' | 'token' | 'key' | 'auth' | 'salt' | 'weak-key'

export interface SecretName {
  readonly kind: NameKind
  /** True when the name says little else: `password`, `DB_PASSWORD`; false for `passwordOfFirstGuest`. */
  readonly exact: boolean
  /** The name's words, lower case, joined by `_`. */
  readonly spelled: string
}

const set = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/))

const PASSWORD = set(
  'password passwords passwd passwds pwd pwds pass passphrase passphrases passcode pw psw pswd passwrd pword paswd passord passwort kennwort senha contrasena contrase\xc3\xb1a clave motdepasse mdp wachtwoord parola haslo has\xc5\x82o losenord salasana jelszo heslo sifre requirepass masterauth storepass keypass sshpass userpass dbpass upass rootpw adminpw bindpw userpw dbpw rootpass adminpass pgpassword mysqlpwd ansiblepass becomepass unlockpass masterpass defaultpass testpass mypass smtppass mailpass ftppass',
)
const SECRET = set('secret secrets mnemonic seedphrase')
const TOKEN = set(
  'token tokens authtoken accesstoken apitoken pat jwt bearer authcode usertoken bottoken sessionid sessiontoken',
)
const AUTH = set('auth authorization authentication credential credentials cred creds authdata basicauth')
const SALT = set('salt pepper')
const KEY = set(
  'apikey apikeys accesskey secretkey privatekey privkey authkey appkey encryptionkey signingkey masterkey sessionkey sharedkey subscriptionkey accountkey storagekey servicekey clientkey licensekey serverkey psk keysecret cryptkey cipherkey securekey userkey',
)

/** Words before `key` that make it one that opens something. */
const KEY_OPENS = set(
  'api app access secret private priv auth encryption encrypt decryption decrypt signing sign signature account master service subscription license licence shared consumer deploy ssh hmac aes des rsa crypt crypto cipher session jwt webhook admin root integration security secure server enc dec bot live prod wallet unseal recovery merchant partner developer dev client google aws azure stripe openai gcp twilio sendgrid mailgun maps github gitlab slack firebase algolia datadog heroku cloudflare rest write user ws db database vault fernet storage token aad root backup transfer trans tls ssl pairing ingest cloud',
)
/** Words before `key` after which it names a place and not a secret. */
const KEY_NAMES = set(
  'public pub primary foreign sort partition hash range cache index lookup map dict object row column composite natural unique business group order translation i18n message label menu nav react list item property prop route routing event field option header query param config registry sub parent child hot short arrow enter escape shift alt ctrl control tab press down up on keyboard trigger sorting grouping answer publishable verify verification verifying host known pgp gpg idempotency dedup dedupe tracking state s3 bucket blob',
)

/** Words after the secret's word with which the name is about something else: `password_field`, `token_url`. */
const ABOUT = set(
  `field fields label labels input inputs box edit textbox control widget form forms page screen view dialog modal button btn link icon panel
  hash hashed hasher hashing encryption encrypting digest md5 sha1 sha256 bcrypt crypt checksum fingerprint
  reset change changed changing update updated expired forgot forgotten recover recovery
  length len size min max count limit number num total strength policy policies rule rules complexity requirement requirements
  url uri urls endpoint host server domain path file files filename dir directory folder location loc store
  type types kind format mode method methods algorithm alg algo scheme schemes strategy style class cls
  id ids identifier ident uuid arn name names alias ref refs reference key_id
  header headers cookie cookies prefix suffix separator delimiter param params parameter parameters arg args argument option options attribute attr property props column columns col table
  env environ environment_variable var variable
  manager mgr service provider providers handler helper factory builder encoder decoder encode decode parser reader writer generator validator validate validation verifier check checker encryptor resolver interceptor filter filters middleware module plugin controller repository dao adapter util utils callback listener
  error errors err exception message messages msg text title description desc help hint hints placeholder prompt question caption tooltip info note warning warn
  regex regexp pattern schema model entity dto spec
  ttl expiry expires expiration expire expiring lifetime timeout age days hours minutes seconds ms date time timestamp at since until interval duration period
  required enabled disabled optional allowed supported visible hidden valid invalid exists present missing empty match matches equals is has needed protected
  scope scopes issuer audience aud realm role roles user users username login email owner group
  request response status code state event action command cmd flow grant granttype
  index idx position pos offset start end range list lists array map dict
  tokenizer bucket endpoint_url version created modified history rotation usage used set
  stdin stdout signature loader source sources backend engine policyname rotationpolicy template tag tags
  icon image img logo color style css selector xpath locator element el node
  public pub publishable
  failed failure success successful denied`,
)

/** Words before it with which the value is no secret, or a wrong one on purpose. */
const NOT_ONE = set(
  'csrf xsrf no not is has have can should must need needs use uses using show hide toggle forgot forget reset change lost remember require requires required enable disable allow invalid wrong incorrect bad missing empty without encrypted encoded hashed hash public pub page pagination next previous prev continuation cursor authenticity antiforgery forgery verification verify postman zone shard etag',
)

/** Words before `token` that make it a mark of order or of one request. */
const TOKEN_MARKS = set(
  'client lock request idempotency action starting start update output input sequence change version revision copy resume sync grant job task confirmation registration transaction nonce cancel cancellation challenge captcha recaptcha page next client_request sync design parse lex lexer syntax peek punctuation separator start end stop eos bos eof unk mask pad cls sep special delimiter idempotent export import',
)

const MARKERS = set('value val string str txt raw plain plaintext clear cleartext data base64 b64 hex bytes default')

const CREDENTIAL_KINDS: readonly (readonly [ReadonlySet<string>, NameKind])[] = [
  [PASSWORD, 'password'],
  [SECRET, 'secret'],
  [TOKEN, 'token'],
  [KEY, 'key'],
  [AUTH, 'auth'],
  [SALT, 'salt'],
]

const GLUED: readonly (readonly [RegExp, NameKind])[] = [
  [/(?:password|passwd|passphrase|passwort|pwd|kennwort)s?\d{0,3}$/, 'password'],
  [
    /^(?:db|user|my|smtp|mail|email|ftp|sftp|admin|root|mysql|pg|ssh|sudo|ldap|login|http|proxy|redis|rabbit|mq|key|store|keystore|truststore|wifi|jmx|imap|pop|sql|test|master|server|client|auth|account|acct|bind|svc|web|app|jdbc|mongo|es|remote)pass(?:wd|w)?\d{0,3}$/,
    'password',
  ],
  [
    /(?:client|app|api|consumer|shared|auth|jwt|session|cookie|webhook|signing|oauth|my|user|bot|master|hmac|web)secret$/,
    'secret',
  ],
  [
    /(?:auth|access|api|refresh|bearer|user|bot|session|oauth|app|my|login|security|device|admin|service|client|private|id|push|git|npm)token$/,
    'token',
  ],
  [
    /(?:api|access|secret|private|auth|encryption|signing|master|account|crypto|aes|app|shared|service|jwt)keys?\d{0,3}$/,
    'key',
  ],
]

/** `dbPassword2`, `DB-PASSWORD`, `spring.datasource.password` and `APIKey` come apart into lower-case words. */
export function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9\x80-\xff])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9\x80-\xff]+/)
    .filter((word) => word !== '')
}

/** `undefined` when the name announces no secret. */
export function secretName(name: string): SecretName | undefined {
  const words = wordsOf(name)
  for (let at = words.length - 1; at >= 0; at--) {
    const found = kindAt(words, at)
    if (found === undefined) continue
    const after = words.slice(at + 1).filter((word) => !/^\d+$/.test(word))
    if (after.some((word) => ABOUT.has(word))) return undefined
    const before = words.slice(0, at - found.taken + 1)
    const last = before.at(-1) ?? ''
    if (words[at] === 'nopasswd' || words[at] === 'nopassword') return undefined
    if (found.kind === 'token' && TOKEN_MARKS.has(last)) return undefined
    if (NOT_ONE.has(last) || (before.length > 1 && NOT_ONE.has(before[0] ?? ''))) return undefined
    return { kind: found.kind, exact: after.every((word) => MARKERS.has(word)), spelled: words.join('_') }
  }
  return undefined
}

function kindAt(words: readonly string[], at: number): { kind: NameKind; taken: number } | undefined {
  const word = (words[at] ?? '').replace(/\d+$/, '')
  const before = words[at - 1] ?? ''
  if (word === 'key' || word === 'keys') {
    if (KEY_NAMES.has(before)) return undefined
    if (before === 'secret' || (before === 'or' && words[at - 2] === 'secret')) return { kind: 'secret', taken: 2 }
    return { kind: KEY_OPENS.has(before) ? 'key' : 'weak-key', taken: KEY_OPENS.has(before) ? 2 : 1 }
  }
  if ((word === 'word' && before === 'pass') || (word === 'phrase' && (before === 'pass' || before === 'seed'))) {
    return { kind: before === 'pass' ? 'password' : 'secret', taken: 2 }
  }
  if (
    word === 'pass' &&
    (before === 'by' || before === 'low' || before === 'high' || before === 'first' || before === 'second')
  ) {
    return undefined
  }
  for (const [known, kind] of CREDENTIAL_KINDS) if (known.has(word)) return { kind, taken: 1 }
  if (word.length < 6 || word.length > 40) return undefined
  for (const [pattern, kind] of GLUED) if (pattern.test(word)) return { kind, taken: 1 }
  return undefined
}
