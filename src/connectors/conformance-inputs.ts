// What the conformance suite makes out of a sample: damaged copies, hostile ones, and copies with secrets planted.
import * as fc from 'fast-check'
import { parse, stringify } from 'yaml'

export interface Sample {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Copies with bytes changed, parts cut out or doubled, and values of the wrong type in place of right ones. */
export function damaged({ path, bytes }: Sample): fc.Arbitrary<Sample> {
  const byBytes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 20 }).map((changes) => {
    const copy = Buffer.from(bytes)
    for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value
    return copy
  })
  const byParts = fc.tuple(fc.nat(), fc.nat(), fc.boolean()).map(([a, b, doubled]) => {
    const [from = 0, to = 0] = [a % (bytes.length + 1), b % (bytes.length + 1)].sort((x, y) => x - y)
    const copy = Buffer.from(bytes)
    const middle = doubled ? [copy.subarray(from, to), copy.subarray(from, to)] : []
    return Buffer.concat([copy.subarray(0, from), ...middle, copy.subarray(to)])
  })
  const byValues = fc.tuple(fc.nat(), wrongValue).map(([at, value]) => withWrongValue({ path, bytes }, at, value))
  return fc.oneof(byBytes, byParts, byValues).map((copy) => ({ path, bytes: copy }))
}

const wrongValue = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  1e308,
  '',
  'x',
  '\u0000',
  [],
  {},
  [[]],
  [null],
  { __proto__: null, a: 1 },
  'A'.repeat(10_000),
  JSON.parse('{"__proto__": {"polluted": true}}'),
)

const isYaml = (path: string): boolean => /\.ya?ml$/i.test(path)

/** The sample as data, when it is JSON or YAML of one document. */
function dataOf({ path, bytes }: Sample): unknown {
  const text = Buffer.from(bytes).toString('utf8')
  try {
    return isYaml(path) ? (parse(text) as unknown) : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}

const written = (path: string, value: unknown): Buffer =>
  Buffer.from(isYaml(path) ? stringify(value) : JSON.stringify(value, null, 1))

/** Every place in a value at which another could stand. */
function placesOf(value: unknown): { readonly holder: object; readonly key: string }[] {
  if (typeof value !== 'object' || value === null) return []
  const here = Object.keys(value).map((key) => ({ holder: value, key }))
  return here.concat(Object.values(value).flatMap(placesOf))
}

function withWrongValue(sample: Sample, at: number, wrong: unknown): Buffer {
  const data = dataOf(sample)
  const places = placesOf(data)
  const place = places[at % Math.max(1, places.length)]
  if (place === undefined) return Buffer.from(sample.bytes)
  ;(place.holder as Record<string, unknown>)[place.key] = wrong
  return written(sample.path, data)
}

/** Copies that are the worst of their kind, under the sample's own name. */
export function hostile({ path, bytes }: Sample): Sample[] {
  const deep = 20_000
  const contents: (string | Buffer)[] = [
    '',
    ' ',
    '\uFEFF',
    '\0',
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.from([0xc3, 0x28, 0xa0, 0xa1]),
    '['.repeat(deep),
    `${'['.repeat(deep)}${']'.repeat(deep)}`,
    `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`,
    '- '.repeat(5_000),
    '{"__proto__": {"a": 1}, "constructor": {"prototype": 1}, "toString": null}',
    '__proto__: {a: 1}\nconstructor: 1\n',
    'null',
    '"text"',
    '42',
    '[null, 1, "x", [], {}]',
    '\r\n'.repeat(1000),
    Buffer.concat([Buffer.from(bytes), Buffer.from([0])]),
    Buffer.from(Buffer.from(bytes).toString('utf8').replaceAll('\n', '\r\n')),
    Buffer.from(`\uFEFF${Buffer.from(bytes).toString('utf8')}`),
    Buffer.from(`\uFEFF${Buffer.from(bytes).toString('utf8')}`, 'utf16le'),
    Buffer.from(bytes).subarray(0, Math.floor(bytes.length / 2)),
    Buffer.from(bytes).subarray(0, Math.max(0, bytes.length - 1)),
    Buffer.concat([Buffer.from(bytes), Buffer.from(bytes)]),
  ]
  return contents.map((content) => ({ path, bytes: Buffer.from(content) }))
}

/** Of no system, so that no rule takes it for an identifier; long and mixed enough to be a secret. */
const CANARY = 'Vq7mZr2TkX9wLs4HnB8cYd3J'

/** Keys under which a value is a secret wherever they stand. */
const SECRET_KEYS = [
  'password',
  'client_secret',
  'clientSecret',
  'secretText',
  'private_key',
  'privateKey',
  'secretAccessKey',
  'SecretAccessKey',
  'access_token',
  'refreshToken',
  'apiKey',
]

/** Maps whose keys are the user's, or are all names of rights: a key in them is no field that could hold a secret. */
const FREE_MAPS = new Set([
  'labels',
  'annotations',
  'matchLabels',
  'nodeSelector',
  'tags',
  'Tags',
  'tags_all',
  'Condition',
  'permissions',
])

/** Copies in which secrets stand where secrets stand; `canaries` may occur nowhere in what is read of them. */
export function withCanaries(sample: Sample): { readonly planted: Sample; readonly canaries: readonly string[] }[] {
  const canaries = [CANARY, Buffer.from(CANARY).toString('base64'), CANARY.slice(6)]
  const copies: Buffer[] = []
  const data = dataOf(sample)
  if (typeof data === 'object' && data !== null) {
    plant(data)
    copies.push(written(sample.path, data))
  }
  const text = Buffer.from(sample.bytes).toString('utf8')
  copies.push(Buffer.from(withSecretText(sample.path, text)))
  // no sample's own secret may come out either: values behind the keys that mean one
  const own = [...text.matchAll(/(?:password|secret|token|api_key)["']?\s*[:=]\s*["']?([\w+/=.~-]{16,})["']?\s*,?$/gim)]
  const ownSecrets = own
    .map(([, secret]) => secret ?? '')
    .filter((secret) => /\d/.test(secret) && /[A-Za-z]/.test(secret))
  return [
    ...copies.map((bytes) => ({ planted: { path: sample.path, bytes }, canaries })),
    { planted: sample, canaries: ownSecrets },
  ]
}

function plant(value: object, isFree = false): void {
  for (const [key, child] of Object.entries(value))
    if (typeof child === 'object' && child !== null) plant(child as object, isFree || FREE_MAPS.has(key))
  if (Array.isArray(value) || isFree) return
  for (const key of SECRET_KEYS) if (!Object.hasOwn(value, key)) (value as Record<string, unknown>)[key] = CANARY
}

/** In a table a column, in lists of patterns and commands a comment, elsewhere the ways in which settings are written. */
function withSecretText(path: string, text: string): string {
  if (/\.csv$/i.test(path)) {
    const [header = '', ...rows] = text.trimEnd().split(/\r?\n/)
    return [`${header},password`, ...rows.map((row) => `${row},${CANARY}`), ''].join('\n')
  }
  if (/CODEOWNERS$|sudoers/.test(path)) return `${text}\n# password ${CANARY}\n`
  const lines = [
    `PASSWORD=${CANARY}`,
    `export API_TOKEN="${CANARY}"`,
    `url = https://user:${CANARY}@db.larkfield.example:5432/x`,
    `  password: ${CANARY}`,
    `* * * * * root curl -u admin:${CANARY} https://x.example --token=${CANARY}`,
    `Authorization: Bearer ${CANARY}`,
    `machine x.example login y password ${CANARY}`,
  ]
  return `${text}\n${lines.join('\n')}\n`
}
