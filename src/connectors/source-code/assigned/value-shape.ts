// How a value looks: chance or choice, word or noise. Pure; every measure is linear in the value's length.

/**
 * For each pair of letters a..z, how much likelier it is in words than in noise: 0 to 9, 5 is even. Counted by us over
 * the distinct words of English documentation and identifiers.
 */
const PAIRS =
  '37873463725978171989655452' +
  '63436121641732630553600141' +
  '81538228607643932657622041' +
  '74459332822533631564522130' +
  '75896663534879474998465753' +
  '51236610700522720644501130' +
  '51328245600535530653511011' +
  '70127010602333710535401030' +
  '77877671224879862688360506' +
  '40214000300101420030401000' +
  '51027232501413420252303020' +
  '83469421913734840266631071' +
  '85248120712452770253510130' +
  '83788683735735542389552142' +
  '56774552525779670976766332' +
  '81438335603732761856512050' +
  '00000000000101000010600000' +
  '84669462805566850677643161' +
  '62648437815544762479733251' +
  '83649427902654750876624263' +
  '56546451502768360777110212' +
  '60208110600021410221100000' +
  '60125204600304510442002000' +
  '42425301400230250126000220' +
  '42224120300344350254212001' +
  '40006001400110300010100012'

/** Words average 7.3, noise 3.4; this splits them at about 2 % and 8 % error from six letters on. */
const WORDLIKE = 5.3

export interface ValueShape {
  readonly length: number
  readonly lower: number
  readonly upper: number
  readonly digits: number
  readonly special: number
  readonly spaces: number
  /** Bits a character. */
  readonly entropy: number
  /** 0 to 1: the share of letters that stand in word-like runs. */
  readonly wordShare: number
  /** The longest word-like run. */
  readonly longestWord: number
}

export function shapeOf(value: string): ValueShape {
  let [lower, upper, digits, special, spaces] = [0, 0, 0, 0, 0]
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code >= 97 && code <= 122) lower += 1
    else if (code >= 65 && code <= 90) upper += 1
    else if (code >= 48 && code <= 57) digits += 1
    else if (code === 32 || code === 9 || code === 10 || code === 13) spaces += 1
    else special += 1
  }
  let wordy = 0
  let longestWord = 0
  for (const [run] of value.matchAll(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g)) {
    if (run.length < 3 || wordlikeness(run) < (run.length < 5 ? WORDLIKE + 1 : WORDLIKE)) continue
    wordy += run.length
    longestWord = Math.max(longestWord, run.length)
  }
  const letters = lower + upper
  return {
    length: value.length,
    lower,
    upper,
    digits,
    special,
    spaces,
    entropy: entropyOf(value),
    wordShare: letters === 0 ? 0 : wordy / letters,
    longestWord,
  }
}

/** Mean over the letter pairs of a run of ASCII letters, 0 to 9. */
function wordlikeness(run: string): number {
  if (run.length < 2) return 5
  let sum = 0
  for (let at = 1; at < run.length; at++) {
    const a = (run.charCodeAt(at - 1) | 32) - 97
    const b = (run.charCodeAt(at) | 32) - 97
    sum += PAIRS.charCodeAt(a * 26 + b) - 48
  }
  return sum / (run.length - 1)
}

export function entropyOf(value: string): number {
  if (value.length === 0) return 0
  const counts = new Map<number, number>()
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  let bits = 0
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length)
  return bits
}

/** Share of neighbours that repeat or count up or down by one: `aaaa`, `1234`, `abcdef`. 1 is nothing but. */
export function sequentialShare(value: string): number {
  if (value.length < 3) return 0
  let runs = 0
  for (let at = 2; at < value.length; at++) {
    const step = value.charCodeAt(at) - value.charCodeAt(at - 1)
    if (Math.abs(step) <= 1 && step === value.charCodeAt(at - 1) - value.charCodeAt(at - 2)) runs += 1
  }
  return runs / (value.length - 2)
}

/** True when the value is one short piece again and again: `abcabcabc`, `deadbeefdeadbeef`. */
export function isRepetition(value: string): boolean {
  for (const period of [1, 2, 3, 4, 5, 6, 8, 10, 16]) {
    if (value.length < period * 2 || value.length > 512) continue
    if (value.slice(period) === value.slice(0, -period) && (period <= 10 || value.length >= period * 3)) return true
  }
  return false
}
