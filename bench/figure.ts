// One measured number, with the peer measured in the same run. Ratios are the bar; the numbers alone are only told.

export interface Figure {
  readonly bench: string
  readonly figure: string
  readonly value: number
  readonly unit: string
  /** What it is compared with: another program, or a limit that the design states. */
  readonly peer?: string
  readonly peerValue?: number
  /** Above 1 when Reeve is ahead. Absent when the peer could not run. */
  readonly ratio?: number
  readonly scale: number
  /** Why there is no ratio, or what was measured. */
  readonly note?: string
}

export interface BenchOptions {
  /** 1 is the size that the design names. */
  readonly scale: number
  /** What is being done, for a person who waits. */
  readonly say: (what: string) => void
}

export interface Bench {
  readonly name: string
  readonly about: string
  /** When the user gives none: short enough to wait for. */
  readonly defaultScale: number
  run(options: BenchOptions): AsyncIterable<Figure>
}

/** The peer's number and the ratio, where more is better, or where less is. */
export function against(
  peer: string,
  value: number,
  peerValue: number,
  better: 'more' | 'less',
): Pick<Figure, 'value' | 'peer' | 'peerValue' | 'ratio'> {
  const ratio = better === 'more' ? value / peerValue : peerValue / value
  return { value: rounded(value), peer, peerValue: rounded(peerValue), ratio: rounded(ratio) }
}

export const rounded = (value: number): number => Number(value.toPrecision(4))

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
