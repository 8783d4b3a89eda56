// Names in their order. Added one at a time, mostly in order already; a search goes on after any of them.

export class SortedNames {
  readonly #names: string[] = []

  add(name: string): void {
    const last = this.#names.at(-1)
    if (last === undefined || last < name) this.#names.push(name)
    else {
      const place = placeAfter(this.#names, name)
      if (this.#names[place - 1] !== name) this.#names.splice(place, 0, name)
    }
  }

  after(name: string): IterableIterator<string> {
    return namesAfter(this.#names, name)
  }
}

export function* namesAfter(sorted: readonly string[], name: string): IterableIterator<string> {
  for (let place = placeAfter(sorted, name); place < sorted.length; place++) yield sorted[place] ?? ''
}

/** The place of the first name above it. */
function placeAfter(sorted: readonly string[], name: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') <= name) low = middle + 1
    else high = middle
  }
  return low
}
