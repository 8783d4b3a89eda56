// A record without some of its optional members: absent is not the same as undefined.

type Optional<D> = { [K in keyof D]-?: object extends Pick<D, K> ? K : never }[keyof D]

export function without<D extends object>(record: D, ...keys: readonly Optional<D>[]): D {
  const copy = { ...record }
  for (const key of keys) delete copy[key]
  return copy
}
