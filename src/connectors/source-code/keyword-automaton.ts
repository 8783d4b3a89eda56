// Finds every occurrence of many words in one pass over the bytes, without regard to ASCII case (Aho and Corasick).
// INVARIANT: one table look-up a byte, whatever the text: no input makes it slower.

export interface KeywordAutomaton {
  /** Calls `found` for each occurrence, by its last byte, in text order; longer words first where several end together. */
  scan(bytes: Uint8Array, found: (word: number, end: number) => void): void
}

const fold = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte)

interface Node {
  readonly next: Map<number, number>
  words: number[]
  fail: number
}

/** `words` are Latin-1 strings, one byte a character, at least one long. `found` gets their index. */
export function keywordAutomaton(words: readonly string[]): KeywordAutomaton {
  const { classes, classCount } = byteClasses(words)
  const nodes = trie(words, classes)
  const order = link(nodes, classCount)
  // states that end a word get the highest numbers, so that one comparison tells them
  const plain = order.filter((id) => wordsOf(nodes, id).length === 0)
  const ending = order.filter((id) => wordsOf(nodes, id).length > 0)
  const stateOf = new Map([...plain, ...ending].map((id, at) => [id, at * classCount]))
  const table = new Int32Array(nodes.length * classCount)
  for (const [id, state] of stateOf) {
    for (let symbol = 0; symbol < classCount; symbol++) {
      table[state + symbol] = stateOf.get(step(nodes, id, symbol)) ?? 0
    }
  }
  const firstEnding = plain.length * classCount
  const endings = ending.map((id) => wordsOf(nodes, id))
  return {
    scan(bytes, found) {
      let state = 0
      for (let at = 0; at < bytes.length; at++) {
        state = table[state + (classes[bytes[at] ?? 0] ?? 0)] ?? 0
        if (state >= firstEnding) {
          for (const word of endings[(state - firstEnding) / classCount] ?? []) found(word, at + 1)
        }
      }
    },
  }
}

/** Bytes that occur in no word share class 0. */
function byteClasses(words: readonly string[]): { classes: Uint8Array; classCount: number } {
  const classes = new Uint8Array(256)
  let classCount = 1
  for (const word of words) {
    for (let at = 0; at < word.length; at++) {
      const byte = fold(word.charCodeAt(at))
      if (classes[byte] === 0) classes[byte] = classCount++
    }
  }
  for (let byte = 65; byte <= 90; byte++) classes[byte] = classes[fold(byte)] ?? 0
  return { classes, classCount }
}

function trie(words: readonly string[], classes: Uint8Array): Node[] {
  const nodes: Node[] = [{ next: new Map(), words: [], fail: 0 }]
  for (const [word, spelling] of words.entries()) {
    let at = 0
    for (let offset = 0; offset < spelling.length; offset++) {
      const symbol = classes[spelling.charCodeAt(offset) & 255] ?? 0
      let next = nodes[at]?.next.get(symbol)
      if (next === undefined) {
        next = nodes.length
        nodes.push({ next: new Map(), words: [], fail: 0 })
        nodes[at]?.next.set(symbol, next)
      }
      at = next
    }
    nodes[at]?.words.push(word)
  }
  return nodes
}

/** Sets the failure links breadth first and gathers the words of suffixes. The order has every node after its link. */
function link(nodes: Node[], classCount: number): number[] {
  const order = [0]
  for (let head = 0; head < order.length; head++) {
    const id = order[head] ?? 0
    for (let symbol = 0; symbol < classCount; symbol++) {
      const child = nodes[id]?.next.get(symbol)
      const node = child === undefined ? undefined : nodes[child]
      if (child === undefined || node === undefined) continue
      node.fail = id === 0 ? 0 : step(nodes, nodes[id]?.fail ?? 0, symbol)
      node.words = [...node.words, ...wordsOf(nodes, node.fail)]
      order.push(child)
    }
  }
  return order
}

function step(nodes: readonly Node[], from: number, symbol: number): number {
  for (let at = from; ; at = nodes[at]?.fail ?? 0) {
    const next = nodes[at]?.next.get(symbol)
    if (next !== undefined) return next
    if (at === 0) return 0
  }
}

const wordsOf = (nodes: readonly Node[], id: number): readonly number[] => nodes[id]?.words ?? []
