// One pass over the grants that are due, to its end.
import { GrantKeeper } from './keep-grants.ts'
import type { Fulfilling } from './steps.ts'

export const keepGrants = async (work: Fulfilling): Promise<'more' | 'done'> => await new GrantKeeper(60_000).pass(work)
