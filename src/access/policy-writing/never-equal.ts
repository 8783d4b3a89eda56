// Comparisons that can never hold: of two kinds of value, `==` is false and no error, so a `forbid` on it forbids nothing. Cedar
// says so of what a schema declares; this says it of what needs none: literals, and what Reeve itself knows of a decision.

type Json = unknown

export interface NeverEqual {
  /** Characters from the start of the text of the policy. */
  readonly place: number
  readonly message: string
}

type Operator = '==' | '!=' | 'contains'

const TEXT = 'a text'
const NUMBER = 'a whole number'
const TRUTH = 'true or false'
const RECORD = 'a record'
const SET = 'a set'
const ofType = (type: string): string => `a \`${type}\``

/** As `entityOf` of the resident state and `contextFor` make them. */
const PRINCIPAL: Readonly<Record<string, string>> = {
  kind: TEXT,
  system: TEXT,
  state: TEXT,
  tier: TEXT,
  environment: TEXT,
  criticality: TEXT,
  owned: TRUTH,
  bound: TRUTH,
}
const CONTEXT: Readonly<Record<string, string>> = {
  subject: RECORD,
  resource: RECORD,
  action: RECORD,
  request: RECORD,
  asked: RECORD,
  now: ofType('datetime'),
  weekday: TEXT,
  level: TEXT,
  members: NUMBER,
  granted: TEXT,
}
const VARIABLES: Readonly<Record<string, string>> = {
  principal: ofType('Principal'),
  action: ofType('Action'),
  resource: ofType('Resource'),
  context: RECORD,
}
const RESULTS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['!', '&&', '||', '==', '!=', '<', '<=', '>', '>=', 'in', 'is', 'has', 'like', 'hasTag', 'isEmpty'].map((name) => [
      name,
      TRUTH,
    ]),
  ),
  ...Object.fromEntries(['contains', 'containsAll', 'containsAny', 'isInRange'].map((name) => [name, TRUTH])),
  ...Object.fromEntries(
    ['+', '-', '*', 'neg', 'toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'].map((name) => [
      name,
      NUMBER,
    ]),
  ),
  ...Object.fromEntries(['datetime', 'offset', 'toDate'].map((name) => [name, ofType('datetime')])),
  ...Object.fromEntries(['duration', 'durationSince', 'toTime'].map((name) => [name, ofType('duration')])),
  ip: ofType('ipaddr'),
  decimal: ofType('decimal'),
  Set: SET,
  Record: RECORD,
}

const isObject = (json: Json): json is Readonly<Record<string, Json>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)
const member = (json: Json, name: string): Json =>
  isObject(json) && Object.hasOwn(json, name) ? json[name] : undefined

/** `json`: the policy as Cedar gives it, `text` as it was written. */
export function neverEqual({ json, text }: { readonly json: unknown; readonly text: string }): NeverEqual[] {
  const found: NeverEqual[] = []
  const seen: Record<Operator, number> = { '==': 0, '!=': 0, contains: 0 }
  for (const side of ['principal', 'action', 'resource']) if (member(member(json, side), 'op') === '==') seen['=='] += 1
  const places = placesIn(text)
  const conditions = member(json, 'conditions')
  // an operator stands between what it compares, so in the text they come in this order
  const walk = (node: Json): void => {
    if (Array.isArray(node)) node.forEach((item: Json) => walk(item))
    if (!isObject(node)) return
    for (const [name, inner] of Object.entries(node)) {
      if (name === 'Value') continue
      if (!isOperator(name) || !isObject(inner)) {
        walk(isObject(inner) ? Object.values(inner) : inner)
        continue
      }
      walk(inner['left'])
      const place = places[name][seen[name]++] ?? 0
      const message = problemOf(name, inner['left'], inner['right'])
      if (message !== undefined) found.push({ place, message })
      walk(inner['right'])
    }
  }
  for (const clause of Array.isArray(conditions) ? (conditions as readonly Json[]) : []) walk(member(clause, 'body'))
  return found
}

const isOperator = (name: string): name is Operator => name === '==' || name === '!=' || name === 'contains'

function problemOf(operator: Operator, left: Json, right: Json): string | undefined {
  const other = kindOf(right)
  if (other === undefined) return undefined
  if (operator !== 'contains') {
    const own = kindOf(left)
    if (own === undefined || own === other) return undefined
    return `\`${operator}\` compares ${own} with ${other}: it is ${operator === '==' ? 'never' : 'always'} true`
  }
  const items = member(left, 'Set')
  if (!Array.isArray(items)) return undefined
  const kinds = (items as readonly Json[]).map(kindOf)
  if (kinds.some((kind) => kind === undefined || kind === other)) return undefined
  return `\`contains\` looks for ${other} in a set of others: it is never true`
}

function kindOf(json: Json): string | undefined {
  if (!isObject(json)) return undefined
  const [[name, inner] = ['', undefined]] = Object.entries(json)
  switch (name) {
    case 'Value':
      return kindOfValue(inner)
    case 'Var':
      return VARIABLES[String(inner)]
    case '.':
      return kindOfAttribute(member(inner, 'left'), String(member(inner, 'attr')))
    case 'getTag':
      // labels are texts
      return member(member(inner, 'left'), 'Var') === 'principal' ? TEXT : undefined
    case 'if-then-else': {
      const [yes, no] = [kindOf(member(inner, 'then')), kindOf(member(inner, 'else'))]
      return yes === no ? yes : undefined
    }
    default:
      return Object.hasOwn(RESULTS, name) ? RESULTS[name] : undefined
  }
}

function kindOfValue(value: Json): string | undefined {
  if (typeof value === 'string') return TEXT
  if (typeof value === 'boolean') return TRUTH
  if (typeof value === 'number' || typeof value === 'bigint') return NUMBER
  const type = member(member(value, '__entity'), 'type')
  return typeof type === 'string' ? ofType(type) : undefined
}

function kindOfAttribute(of: Json, name: string): string | undefined {
  const variable = member(of, 'Var')
  if (variable === 'principal') return Object.hasOwn(PRINCIPAL, name) ? PRINCIPAL[name] : undefined
  if (variable === 'context') return Object.hasOwn(CONTEXT, name) ? CONTEXT[name] : undefined
  // `type` and `id` of subject and resource are Reeve's; the rest of them is the word of who asks
  const part = member(of, '.')
  const isParty =
    member(member(part, 'left'), 'Var') === 'context' && ['subject', 'resource'].includes(String(member(part, 'attr')))
  return isParty && (name === 'type' || name === 'id') ? TEXT : undefined
}

/** Strings and comments are stepped over. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*"|\/\/[^\n]*|(==|!=)|\.\s*(contains)\s*\(/g

function placesIn(text: string): Readonly<Record<Operator, readonly number[]>> {
  const places: Record<Operator, number[]> = { '==': [], '!=': [], contains: [] }
  for (const { 1: compares, 2: contains, index } of text.matchAll(TOKEN)) {
    const operator = compares ?? contains
    if (operator !== undefined && isOperator(operator)) places[operator].push(index)
  }
  return places
}
