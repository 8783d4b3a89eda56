// Values that only stand for a secret: templates, references, advice to the reader, encrypted forms. Pure.

/** Syntax of templates and look-ups, of every engine that configuration goes through. */
const TEMPLATE =
  /\$\{|\$\(|\{\{|\}\}|\{%|<%|%>|#\{|@\{|%\(\w+\)|\$\[\[|__\w+__|^\$[\w.:[\]'"-]+$|^%\w+%$|^%[sdvq]$|^@\w+@$|^<[^>]*>$|^\{[^}]*\}$|^\[[^\]]*\]$|^\(.*\)$|^:\w+$|^#[\w.]+#$|^\?+$|^&\w+;?$|^\*\w+$|^!\w+/
const FORMAT = /%[sdvq](?![a-zA-Z0-9])|\{\d?\}|\{[a-z_]\w*\}|%\{\w+\}|\$\w+\$|\\\(/i

/** Where the value is looked up instead. */
const LOOKED_UP =
  /^(?:arn:|vault:|vault\s|secret[s]?[:/]|ssm:|ssm\/|op:\/\/|ref\+|file:|env[:.(]|awssm:|sops:|keyring:|kms:|keychain:|resolve:|\{\{resolve:|projects\/[^/]+\/secrets\/|@Microsoft\.KeyVault|azurekeyvault|gcp-?sm:|bao:|akv:|pass(?:word)?:\/\/|process\.env|os\.environ|os\.getenv|System\.getenv|ENV\[|import\.meta)/i

/** Ciphertext and digests: unreadable without another key, or one way. */
const SEALED =
  /^(?:ENC\[|ENC\(|\{cipher\}|\{(?:AES|3DES|xor|bcrypt|SSHA|SHA|MD5|noop|pbkdf2|scrypt|argon2)[^}]*\}|\$ANSIBLE_VAULT|AQICAH|\$2[abxy]?\$|\$argon2|\$pbkdf2|pbkdf2[_:$]|\$scrypt\$|scrypt:|\$[156]\$|\$apr1\$|\$y\$|\$P\$|\$H\$|sha(?:1|224|256|384|512)[$:=-]|md5[$:]?[a-f0-9]{32}$|bcrypt[$_]|argon2|SCRAM-SHA|\*[A-F0-9]{40}$|AgA[A-Za-z0-9+/]{100}|-----BEGIN (?:PGP MESSAGE|CERTIFICATE|PUBLIC|SSH2 PUBLIC|RSA PUBLIC)|ssh-(?:rsa|dss|ed25519) |ecdsa-sha2-|age1|v\d+:(?:AES|aes)|gAAAAAB|vault:v\d+:|crypt:|U2FsdGVkX1)/

/** Words with which writers tell the reader to put something else. Tried on lower case with separators dropped. */
const ADVICE =
  /your|changeme|changethis|changeit(?=.)|replaceme|replacethis|replacewith|insert|placeholder|redact|example|sample(?!r)|dummy|mock(?!ing)|todo|fixme|tobe|notreal|notasecret|notsecret|fakekey|fakesecret|faketoken|fakepass|^some(?=\w{0,8}(?:pass|secret|token|key|pwd|value))|^random(?:pass|secret|token|key|string|value)|keymykey|anytoken|mytoken|thetoken|goeshere|gohere|keyhere|tokenhere|secrethere|passwordhere|passhere|xxxx|putyour|pastehere|fillin|fillme|enteryour|provideyour|obtain|undefined|masked|hidden(?!\d)|sanitized|removed|omitted|censored|filtered|deleted|invalid|foobar|loremipsum|asdf|blahblah|setme|getfrom|specify|ofyour|<|tbd$|^na$|^none$|^null$|^nil$|^empty$|^unset$|^default$|willbe|generateme|^anonymous|notmyreal|overrideme|editme/

const MASK =
  /^[*•·●\u2022xX#.\-_=?0]+$|\*{3,}|x{4,}|X{4,}|\.{3,}|\u2026|\u2022{2,}|_{4,}|-{6,}|#{3,}|0{12,}|<[a-z][^>]*>/

/** Whole values that are a type, a switch, an authentication method or a label, whatever the name beside them. */
const WORDS = new Set(
  `string str text int integer number bool boolean bytes byte char varchar object array any list map dict void float double
  true false yes no on off null nil none undefined nan empty blank unset default auto inherit optional required mandatory
  password passwd passwords pass pwd passphrase pw secret secrets token tokens key keys apikey auth authorization credential credentials creds
  username user userid login email mail name id value val input output data type field hidden visible masked show hide
  basic bearer digest oauth oauth1 oauth2 oidc saml ldap kerberos jwt jws jwe ntlm negotiate plain cram md5 sha1 sha256 sha512 scram hmac
  bcrypt argon2 scrypt pbkdf2 aes rsa ecdsa ed25519 hs256 rs256 es256 ps256 hs512 tls ssl mtls x509 cert certificate publickey pubkey
  trust peer ident reject md5sum utf8 utf-8 ascii base64 hex json xml yaml file stdin prompt ask env environment vault keyring keychain ssm
  include omit same-origin cookie session header query path body form local remote none internal external public private
  sensitive secure encrypted encoded decrypted plaintext clear hashed unknown invalid valid missing expired wrong incorrect bad good new old current confirm
  foo bar baz qux foobar example sample dummy fake mock stub todo fixme tbd changeme placeholder redacted removed
  classic standard simple custom static dynamic manual managed system automatic disabled enabled allow deny
  get set post put add update create delete change reset forgot submit cancel send next back
  different mismatch another other same secondary abc abcd xyz str1 aaa bbb xxx yyy zzz here there this that`.split(
    /\s+/,
  ),
)

/** Weak words that people do use as passwords; only a password's own name makes them one. */
export const WEAK_PASSWORDS = new Set(
  `admin root test guest postgres mysql oracle toor letmein welcome qwerty monkey dragon master hunter trustno shadow changeit secret
  rabbitmq mongo redis sa sysadmin administrator manager tomcat jenkins nagios zabbix raspberry ubuntu vagrant alpine superuser pass password
  test123 sesame swordfish opensesame minioadmin elastic grafana keycloak nexus sonar wildfly jboss weblogic glassfish kafka airflow superset metabase`.split(
    /\s+/,
  ),
)

export type PlaceholderKind = 'template' | 'looked-up' | 'sealed' | 'advice' | 'mask' | 'word'

/** Why `value` is no secret, or `undefined` when it may be one. `value` without its quotes. */
export function placeholderKind(value: string): PlaceholderKind | undefined {
  const head = value.length > 512 ? value.slice(0, 512) : value
  if (SEALED.test(head)) return 'sealed'
  if (LOOKED_UP.test(head)) return 'looked-up'
  if (TEMPLATE.test(head)) return 'template'
  if (MASK.test(head)) return 'mask'
  const lower = head.toLowerCase()
  if (WORDS.has(lower)) return 'word'
  const packed = lower.replaceAll(/[\s_.-]+/g, '')
  if (WORDS.has(packed)) return 'word'
  if (ADVICE.test(packed)) return 'advice'
  return FORMAT.test(head) ? 'template' : undefined
}
