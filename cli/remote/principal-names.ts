// Names of principals by id, for showing beside the id: who reads a list knows names.
import type { ReeveClient } from '#client'

const AT_ONCE = 8

/** What cannot be read has no name here; its id is shown all the same. */
export async function principalNames(client: ReeveClient, ids: Iterable<string>): Promise<(id: string) => string> {
  const names = new Map<string, string>()
  const queue = new Set(ids).values()
  const readEach = async (): Promise<void> => {
    for (const principalId of queue) {
      const { data } = await client.GET('/v1/principals/{principalId}', { params: { path: { principalId } } })
      if (data !== undefined) names.set(principalId, data.data.name)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, readEach))
  return (id) => names.get(id) ?? ''
}
