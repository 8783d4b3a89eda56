// Each way in which a secret is written, beside the look-alike that must stay silent.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offer, only } from '../offer-in-test.ts'
import { sourceCode } from './source-code.ts'

const lines = (path: string, text: string): number[] =>
  only(offer(sourceCode, path, `${text}\n`), 'credential').map(({ provenance }) => provenance.startLine ?? 0)

function cases(
  name: string,
  found: readonly (readonly [string, string])[],
  silent: readonly (readonly [string, string])[],
) {
  test(name, () => {
    for (const [path, text] of found) assert.equal(lines(path, text).length, 1, `missed in ${path}: ${text}`)
    for (const [path, text] of silent) assert.deepEqual(lines(path, text), [], `wrong in ${path}: ${text}`)
  })
}

cases(
  'an argument is found by its place, whatever stands in the other places and around it',
  [
    ['a.py', 'claims = jwt.decode(event["token"], "q8vWov1TRVgQN5T4", algorithms=["HS256"])'],
    ['a.pl', "DBI->connect('DBI:mysql:database=x', 'ada', 'elm072Lagoon', { RaiseError => 1 });"],
    ['a.rs', 'let c = Client::new().basic_auth("ada", Some("DuneSaffron35"));'],
    ['a.go', 'store := sessions.NewCookieStore([]byte("umq7vhjirkqy"))'],
    ['a.cs', 'var k = new SymmetricSecurityKey(Encoding.UTF8.GetBytes("6hcCFvDh949UFWl6k8Xe36MI"));'],
    ['a.kt', 'val a = Algorithm.HMAC256("vzvmprad197")'],
    ['a.scala', 'credentials += Credentials("Nexus", "oss.larkfield.example", "tlee", "qax7zqgkaso")'],
    [
      'a.rb',
      "config.omniauth :github, '37e2641edd660fd77178', '1b4d471d54a358e77069a42e332abadebf17a725', scope: 'user'",
    ],
    ['a.py', "ssh.connect('192.0.2.55', 22, 'crm_user', 'embe_gG6Ah!')"],
    ['A.java', 'DriverManager.getConnection("jdbc:mysql://localhost:3306/test", "root", "root");'],
    ['a.py', 'c = UmberClient("ada", "tC5A0MnURrUW")'],
  ],
  [
    ['a.py', 'claims = jwt.decode(token, key, algorithms=["HS256"])'],
    ['a.py', 's3 = boto3.client("s3", "eu-west-1")'],
    ['a.py', 'button.connect("clicked", "handler", "on-click-21")'],
    ['a.py', 'login(user, "password")'],
    ['a.go', 'store := sessions.NewCookieStore([]byte(os.Getenv("COOKIE_KEY_1")))'],
    ['a.rs', 'let c = Client::new().basic_auth("ada", Some(password));'],
  ],
)

cases(
  'a literal inside a call that only changes its form is the value of the name',
  [
    ['a.py', 'AES_KEY = bytes.fromhex("d27f985bea3cd32dd61e264c13dab90c")'],
    ['a.cpp', 'QString token = QStringLiteral("3bb3a194e7c7e9245cf1e93e4dc6c13f7daba994");'],
    ['a.cs', 'byte[] apiKey = Convert.FromBase64String("hJC0BEkpGxgIm5WvX3p5FTxm0AlrAra3cBwHZvzMQns=");'],
    ['a.rs', 'let secret = SecretString::new("Wy8XUlZU2ySZ".to_string());'],
    ['a.rs', 'let key: [u8; 16] = *b"yt7iD6DW0b1QQBFi";'],
    ['a.m', '#define MAIL_APPKEY @"34b5f77117799c31d8aeeef3"'],
  ],
  [
    ['a.py', 'AES_KEY = bytes.fromhex(os.environ["AES_KEY_1"])'],
    ['a.ts', 'const secret = Secret.fromSecretNameV2(this, "db-9f3kQ2x7")'],
    ['a.rs', 'let token = Token::new(&config.token2);'],
  ],
)

cases(
  'a value is read behind names and gaps of every usual form',
  [
    ['a.rb', "Shop::Application.config.secret_key_base = 'bdccab556097bff088e83ef8197bc1d3f1956098'"],
    ['a.rb', "let(:api_key) { '62235deda8c30e351dd86f8145b18ad7' }"],
    ['a.tf', 'variable "api_token" {\n  description = "x"\n  default     = "gvhUpUJXgiKB491FFGPo0lARoO8kOcZt"\n}'],
    ['a.gradle', String.raw`buildConfigField "String", "AUTH_TOKEN", "\"tiofgaiPNmrh3riqbfaq3jvVWLgKI6gi\""`],
    ['a.swift', 'static let parseClientKey = "uE6TzvZe1tVVpFrmO7AhNq4eh5NnpvmUHerBJmee"'],
  ],
  [
    ['a.rb', "Shop::Token.new('x')"],
    ['a.rb', "let(:password_field) { 'login-9f3kQ2x7' }"],
    ['a.gradle', 'buildConfigField "String", "TOKEN_URL", "\\"https://id.larkfield.example/token\\""'],
    ['a.py', 'parse_token = "9f3kQ2x7LmZp81vR"'],
  ],
)

cases(
  'a password that a person chose is found where the slot is plain to see',
  [
    ['a.c', '#define WIFI_PASS "VioletLarch05"'],
    ['a.php', "if ($_POST['pass'] == 'beacon-larch57') {"],
    ['A.java', 'private static final String PASSWORD = "test1234";'],
    ['A.java', 'auth.withUser("ada").password("{noop}amel740").roles("USER");'],
    ['A.java', 'auth.withUser("ada").password(encoder.encode("1q2w3e4r")).roles("ADMIN");'],
    ['a.json', '{ "passphrase": "opal larch prairie meadow" }'],
    ['Dockerfile', 'RUN npm config set //registry.larkfield.example/:_authToken 30fa8f39-a364-4c74-b513-2258b6fb171b'],
  ],
  [
    ['a.py', 'PASSWORD = "test1"'],
    ['a.json', '{ "passphrase": "enter the passphrase for this key" }'],
    ['A.java', 'user.password(encoder.encode(rawPassword1));'],
    ['.env.example', 'DB_PASSWORD=secret'],
    ['a.pl', String.raw`die "Usage: $0 --user USER --password PASSWORD\n";`],
    ['a.rst', 'aws rds create --master-user-password mypasswordishere'],
  ],
)

cases(
  'SQL gives passwords by column and by statement',
  [
    ['a.sql', "INSERT INTO users (username, password) VALUES ('ada', 'lkpne585');"],
    ['a.sql', "SET PASSWORD FOR 'root'@'localhost' = 'Dnrqejvg11k';"],
    ['a.sql', "CREATE USER ada WITH PASSWORD 'umber-larch12';"],
  ],
  [
    ['a.sql', 'INSERT INTO users (username, password) VALUES (?, ?);'],
    ['a.sql', "INSERT INTO users (id, password_hint) VALUES (1, 'lkpne585');"],
    ['a.sql', "INSERT INTO users (a, password) VALUES ('x', 'dbbd4bcbdab29dacac24d7fa1c43b08d');"],
  ],
)

cases(
  'more commands that carry a password',
  [
    ['a.sh', 'openssl enc -aes-256-cbc -k lzpigvdjf610 -in a -out b'],
    ['a.sh', 'useradd -p "$(openssl passwd -1 jZV0dAUt4XQx)" batch'],
    ['a.sh', 'sonar-scanner -Dsonar.login=e94307457ed7c68e522f2468d74260fb8c365ce8'],
    ['a.ps1', String.raw`net use Z: \\192.0.2.100\share /user:reporting L8ZK7oIw7v8`],
    ['a.ps1', 'net user sync hero_YjvZb! /add'],
  ],
  [
    ['a.sh', 'openssl enc -aes-256-cbc -k "$KEY" -in a'],
    ['a.sh', 'openssl passwd -1 -salt 3f8aQ2 -stdin'],
    ['a.md', 'The net user experience improves with each release.'],
    ['a.ps1', 'net use Z: /delete'],
  ],
)

cases(
  'tokens of one request, marks of order, places and names in a model are no secrets',
  [['a.json', '{ "auth": "9f3kQ2x7LmZp81vR4cTb" }']],
  [
    ['a.json', '{ "auth": ["aws.auth#sigv4"] }'],
    ['a.json', '{ "secret_arn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-JKor8T" }'],
    ['a.json', '{ "ClientToken": "9f3kQ2x7LmZp81vR4cTb", "ExportToken": "9f3kQ2x7LmZp81vR4cTb" }'],
    ['a.json', '{ "S3Key": "9f3kQ2x7LmZp81vR4cTb" }'],
    [
      'a.html',
      '<input type="hidden" name="authenticity_token" value="8kvcbD6bHxeqzgv8U8b+UZ0Opp3Dsaj45RVYUmAhQIeLvC2v">',
    ],
  ],
)
