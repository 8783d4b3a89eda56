// The calls whose secret has a fixed place, by the last word of what is called. Data only.

export interface Call {
  /** What stands right before the first argument, as an anchor finds it (without regard to case). */
  readonly name: string
  /** Which argument is the secret, from 0. */
  readonly place: number
  readonly count: readonly [number, number]
  /** The place where the call has four arguments: `credentials(host, realm, user, password)`. */
  readonly ofFour?: number
  /** True when the argument is `user:password`. */
  readonly pair?: boolean
  /** True when what is called has many meanings: the user before it and a value by chance must both be plain to see. */
  readonly vague?: boolean
  /** True when the call has no brackets. */
  readonly open?: boolean
}

const call = (name: string, place: number, least: number, most: number): Call => ({ name, place, count: [least, most] })

export const CALLS: readonly Call[] = [
  call('login(', 1, 2, 3),
  call('log_in(', 1, 2, 3),
  call('signin(', 1, 2, 3),
  call('sign_in(', 1, 2, 3),
  call('authenticate(', 1, 2, 3),
  call('auth=(', 1, 2, 2),
  call('auth = (', 1, 2, 2),
  call('basicauth(', 1, 2, 3),
  call('basic_auth(', 1, 2, 3),
  call('basicauthentication(', 1, 2, 3),
  call('basic_auth=(', 1, 2, 2),
  call('digestauth(', 1, 2, 3),
  call('.basic(', 1, 2, 2),
  call('.digest(', 1, 2, 2),
  call('passwordauthentication(', 1, 2, 2),
  { ...call('credentials(', 1, 2, 4), ofFour: 3 },
  call('plaincredentials(', 1, 2, 3),
  call('networkcredential(', 1, 2, 3),
  call('authenticationtoken(', 1, 2, 3),
  { ...call('accesstoken(', 1, 2, 3), vague: true },
  { ...call('access_token(', 1, 2, 3), vague: true },
  { ...call('client(', 1, 2, 3), vague: true },
  { ...call('.connect(', 2, 3, 5), ofFour: 3 },
  call('plainauth(', 2, 4, 4),
  call('getconnection(', 2, 3, 3),
  call('mysqli(', 2, 3, 6),
  call('mysqli_connect(', 2, 3, 6),
  call('mysql_connect(', 2, 3, 4),
  call('pdo(', 2, 3, 4),
  call('mysqldb.connect(', 2, 3, 5),
  call('pymysql.connect(', 2, 3, 5),
  call('ldap_bind(', 2, 3, 3),
  call('simple_bind_s(', 1, 2, 2),
  call('simple_bind(', 1, 2, 3),
  call('dbi->connect(', 2, 3, 4),
  call('mysql_real_connect(', 3, 4, 8),
  call('secretkeyspec(', 0, 2, 2),
  call('symmetricsecuritykey(', 0, 1, 1),
  call('jwt.sign(', 1, 2, 4),
  call('jwt.verify(', 1, 2, 4),
  call('jwt.encode(', 1, 2, 4),
  call('jwt.decode(', 1, 2, 6),
  call('hmac256(', 0, 1, 1),
  call('hmac384(', 0, 1, 1),
  call('hmac512(', 0, 1, 1),
  call('createhmac(', 1, 2, 3),
  call('aes.encrypt(', 1, 2, 3),
  call('aes.decrypt(', 1, 2, 3),
  call('des.encrypt(', 1, 2, 3),
  call('des.decrypt(', 1, 2, 3),
  call('cookieparser(', 0, 1, 2),
  call('newcookiestore(', 0, 1, 2),
  call('algoliasearch(', 1, 2, 3),
  call('setvapiddetails(', 2, 3, 3),
  call('.auth(', 1, 2, 3),
  call('fernet(', 0, 1, 1),
  call('hmac.new(', 0, 2, 3),
  call('aes.new(', 0, 1, 3),
  call('signwith(', 1, 2, 2),
  call('client.login(', 0, 1, 1),
  call('client.run(', 0, 1, 1),
  call('bot.run(', 0, 1, 1),
  call('bot.login(', 0, 1, 1),
  { ...call('btoa(', 0, 1, 1), pair: true },
  { ...call('b64encode(', 0, 1, 1), pair: true },
  { ...call('base64_encode(', 0, 1, 1), pair: true },
  call('setbasicauth(', 1, 2, 2),
  call('withauth(', 1, 2, 2),
  call('withcredentials(', 1, 2, 2),
  call('usernamepassword(', 1, 2, 3),
  { ...call('omniauth :', 2, 3, 8), open: true },
]
