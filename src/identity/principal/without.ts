// A record without some of its optional members: absent is not the same as undefined.

type Optional<D> = { [K in keyof D]-?: undefined extends D[K] ? K : object extends Pick<D, K> ? K : never }[keyof D]

export function without<D extends object, K extends Optional<D>>(record: D, ...keys: readonly K[]): D {
  const copy = { ...record }
  for (const key of keys) delete copy[key]
  return copy
}
