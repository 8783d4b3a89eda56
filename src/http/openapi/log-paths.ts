// How the document describes the files of the log.
const file = (description: string, type: string): unknown => ({
  description,
  content: {
    [type]: { schema: { type: 'string', ...(type === 'application/octet-stream' ? { format: 'binary' } : {}) } },
  },
})
const refused = (...codes: readonly number[]): Record<number, unknown> =>
  Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/responses/Problem${code}` }]))
const inPath = (name: string, description: string): unknown => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
})

const WHO = 'For the roles `auditor`, `identity-admin`, `access-admin`. Scope: `read`.'

interface Path {
  readonly get: { readonly operationId: string; readonly [member: string]: unknown }
}

export function logPaths(): Record<string, Path> {
  return {
    '/v1/log/checkpoint': {
      get: {
        operationId: 'getLogCheckpoint',
        tags: ['evidence'],
        summary: 'The newest signed checkpoint of the log (C2SP tlog-checkpoint), with its cosignatures',
        description: WHO,
        responses: { 200: file('a signed note', 'text/plain'), ...refused(400, 401, 403, 404, 429, 500) },
      },
    },
    '/v1/log/tile/{level}/{tilePath}': {
      get: {
        operationId: 'getLogTile',
        tags: ['evidence'],
        summary: 'A tile of hashes or a bundle of entries (C2SP tlog-tiles)',
        description: `\`/v1/log\` is the prefix that a reader of such logs is given. ${WHO}`,
        parameters: [
          inPath('level', '`0` and upwards, or `entries`'),
          inPath('tilePath', 'such as `x001/234`, or `067.p/8` while it is not full; its slashes are not encoded'),
        ],
        responses: { 200: file('its bytes', 'application/octet-stream'), ...refused(400, 401, 403, 404, 429, 500) },
      },
    },
    '/v1/entries/{entryId}/proof': {
      get: {
        operationId: 'getEntryProof',
        tags: ['evidence'],
        summary: 'The proof that an entry is in the log (C2SP tlog-proof)',
        description: `Under the newest checkpoint that a witness cosigned, else under the newest. ${WHO}`,
        parameters: [inPath('entryId', 'of the entry, `evt_…`')],
        responses: { 200: file('the proof', 'text/plain'), ...refused(400, 401, 403, 404, 429, 500) },
      },
    },
  }
}
