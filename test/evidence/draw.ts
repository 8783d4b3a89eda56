// Random numbers that a printed seed gives once more.
export type Draw = (below: number) => number

/** Mulberry32: the same numbers for the same seed. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export function seedOfRun(): number {
  const seed = Number(process.env['REEVE_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))
  console.log(`seed ${seed} (REEVE_SEED)`)
  return seed
}

export function oneOf<T>(items: readonly T[], draw: Draw): T {
  const item = items[draw(items.length)]
  if (item === undefined) throw new Error('there is nothing to draw from')
  return item
}
