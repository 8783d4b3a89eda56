// The version that package.json states.
import manifest from '../package.json' with { type: 'json' }

export const version: string = manifest.version
