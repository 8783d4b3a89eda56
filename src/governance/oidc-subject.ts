// How far the conditions on an OIDC token narrow down whose it is. By provider: each writes its subjects in its own way.
import type { TrustTerm } from './aws-principal.ts'

/** 3: anyone at the provider; 2: everyone of an organisation, cluster or user base; 1: any run of one repository. */
export interface Weakness {
  readonly grade: 1 | 2 | 3
  readonly says: string
  /** The claim's value as the trust writes it, or `none`. */
  readonly subject: string
}

interface Provider {
  readonly issuer: RegExp
  /** Claims beside `sub` that name the owner well enough. */
  readonly alsoNames?: RegExp
  readonly withoutSubject: Omit<Weakness, 'subject'>
  /** What a subject of this provider that is not exact lets in; `undefined` for one that is narrow. */
  readonly judge: (subject: string, wild: boolean) => Omit<Weakness, 'subject'> | undefined
}

const ANYONE: Omit<Weakness, 'subject'> = { grade: 3, says: 'anyone who has an account there gets in' }
const isWild = (text: string): boolean => /[*?]/.test(text)

function judgeGithub(subject: string, wild: boolean): Omit<Weakness, 'subject'> | undefined {
  if (wild && /^[*?]+/.test(subject)) return ANYONE
  const match = /^repo:([^/:]*)(?:\/([^:]*))?(?::(.*))?$/.exec(subject)
  if (match === null) return wild && /^repo?\*/.test(subject) ? ANYONE : undefined
  const [, owner = '', repository = '', run] = match
  if (wild && (isWild(owner) || owner === '')) return ANYONE
  if (wild && (repository === '' || /^[*?]+$/.test(repository) || isWild(repository)))
    return {
      grade: 2,
      says: `every repository that \`${owner}/${repository === '' ? '*' : repository}\` takes in gets in, also one made tomorrow`,
    }
  if (run === 'pull_request')
    return { grade: 1, says: 'any pull request of the repository gets in, before it is reviewed' }
  if (wild && (run === undefined || /^\*+$/.test(run) || /^ref:(?:refs\/(?:heads\/)?)?\*+$/.test(run)))
    return { grade: 1, says: 'any branch of the repository gets in, also an unprotected one' }
  return undefined
}

function judgeGitlab(subject: string, wild: boolean): Omit<Weakness, 'subject'> | undefined {
  if (!wild) return undefined
  const path = /^project_path:([^:]*)(?::(.*))?$/.exec(subject)
  if (path === null) return isWild(subject) && !/^project_path:[^*?]/.test(subject) ? ANYONE : undefined
  const [, project = '', rest = ''] = path
  if (/^[*?]/.test(project)) return ANYONE
  if (isWild(project)) return { grade: 2, says: `every project that \`${project}\` takes in gets in` }
  return rest === '' || /^\*+$/.test(rest) || /(?:^|:)ref:\*+$/.test(rest)
    ? { grade: 1, says: 'any branch of the project gets in, also an unprotected one' }
    : undefined
}

function judgeServiceAccount(subject: string, wild: boolean): Omit<Weakness, 'subject'> | undefined {
  if (!wild || !isWild(subject)) return undefined
  const [, , namespace = '*'] = subject.split(':')
  if (!subject.startsWith('system:serviceaccount:') || isWild(namespace))
    return { grade: 2, says: 'service accounts of every namespace of the cluster get in' }
  return { grade: 1, says: `service accounts of namespace \`${namespace}\` get in by a pattern` }
}

const wholeOrg = (says: string): Omit<Weakness, 'subject'> => ({ grade: 2, says })
const judgeWild =
  (says: string): Provider['judge'] =>
  (subject, wild) =>
    wild && /^[^:]*[*?]/.test(subject) ? wholeOrg(says) : undefined

const PROVIDERS: readonly Provider[] = [
  {
    issuer: /^token\.actions\.githubusercontent\.com/,
    alsoNames: /:(?:repository|repository_id|repository_owner|repository_owner_id|job_workflow_ref|enterprise_id)$/,
    withoutSubject: ANYONE,
    judge: judgeGithub,
  },
  {
    issuer: /^gitlab\.com/,
    alsoNames: /:(?:project_path|project_id|namespace_path|namespace_id)$/,
    withoutSubject: ANYONE,
    judge: judgeGitlab,
  },
  {
    issuer: /^app\.terraform\.io/,
    withoutSubject: ANYONE,
    judge: (subject, wild) =>
      wild && /^(?:\*|organization:\*)/.test(subject)
        ? ANYONE
        : wild && /^organization:[^:]+:\*|:project:\*:workspace:\*/.test(subject)
          ? wholeOrg('every workspace of the organisation gets in')
          : undefined,
  },
  {
    issuer: /^oidc\.eks\.|\/id\/[0-9A-F]{16,}$/i,
    withoutSubject: wholeOrg('every service account of the cluster gets in'),
    judge: judgeServiceAccount,
  },
  {
    issuer: /^cognito-identity\.amazonaws\.com/,
    alsoNames: /:aud$/,
    withoutSubject: { grade: 3, says: 'users of any identity pool get in, also of one in another account' },
    judge: () => undefined,
  },
  {
    issuer: /^(?:accounts\.google\.com|graph\.facebook\.com|www\.amazon\.com)/,
    alsoNames: /:(?:aud|oaud|app_id)$/,
    withoutSubject: ANYONE,
    judge: judgeWild('users get in by a pattern'),
  },
]

/** A provider of one's own: who is in it is one's own matter, but nobody in it is meant to be everybody. */
const OTHER: Provider = {
  issuer: /^/,
  alsoNames: /:(?!aud$)[a-z_]+$/,
  withoutSubject: wholeOrg('whoever gets a token of the provider gets in'),
  judge: (subject, wild) =>
    wild && /^\*+$/.test(subject) ? wholeOrg('whoever gets a token of the provider gets in') : undefined,
}

/** Every way in which the terms leave more in than one repository, workload or application. */
export function weaknessesOf(issuer: string, terms: readonly TrustTerm[]): Weakness[] {
  const provider = PROVIDERS.find((one) => one.issuer.test(issuer)) ?? OTHER
  const named = terms.some(
    ({ key, wild, values }) =>
      provider.alsoNames?.test(key) === true &&
      values.length > 0 &&
      !(wild && values.some((value) => /^[*?]/.test(value))),
  )
  const subjects = terms.filter(({ key }) => key.endsWith(':sub'))
  if (subjects.length === 0) return named ? [] : [{ ...provider.withoutSubject, subject: 'none' }]
  if (named) return []
  // several comparisons of one claim must all hold: the narrowest of them counts
  const perTerm = subjects.map(({ wild, values }) =>
    values.flatMap((subject): Weakness[] => {
      const weakness = provider.judge(subject, wild)
      return weakness === undefined ? [] : [Object.assign({ subject }, weakness)]
    }),
  )
  return perTerm.find((weaknesses) => weaknesses.length === 0) ?? perTerm[0] ?? []
}
