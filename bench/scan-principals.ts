// A generated AWS account and cluster with many principals, for the time that their analysis takes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { numbers } from './scan-text.ts'

/** Half of them in an AWS account's authorization details, half as service accounts with workloads and bindings. */
export function writePrincipals(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'account.json'), JSON.stringify(awsAccount(count / 2), null, 2))
  writeFileSync(join(folder, 'cluster.json'), JSON.stringify(cluster(count / 2), null, 2))
}

const ACCOUNT = '111122223333'
const ACTIONS = [
  's3:GetObject',
  's3:PutObject',
  'sqs:SendMessage',
  'dynamodb:Query',
  'lambda:UpdateFunctionCode',
  'iam:PassRole',
  'ec2:RunInstances',
  'sts:AssumeRole',
  'kms:Decrypt',
  'logs:*',
]

function policy(number: (below: number) => number, roles: number): object {
  return {
    Version: '2012-10-17',
    Statement: Array.from({ length: 1 + number(4) }, () => ({
      Effect: number(12) === 0 ? 'Deny' : 'Allow',
      Action: Array.from({ length: 1 + number(4) }, () => ACTIONS[number(ACTIONS.length)]),
      Resource: number(5) === 0 ? '*' : `arn:aws:iam::${ACCOUNT}:role/role-${number(roles)}`,
    })),
  }
}

const GROUPS = 20
const MANAGED = 200
const arn = (kind: string, name: string): string => `arn:aws:iam::${ACCOUNT}:${kind}/${name}`

function awsAccount(count: number): object {
  const number = numbers(0xa35)
  const roles = Math.floor(count * 0.7)
  const users = count - roles
  const attached = (): object[] =>
    Array.from({ length: number(3) }, () => number(MANAGED)).map((index) => ({
      PolicyName: `managed-${index}`,
      PolicyArn: arn('policy', `managed-${index}`),
    }))
  const inline = (key: string): object => ({
    [key]: number(2) === 0 ? [] : [{ PolicyName: 'inline', PolicyDocument: policy(number, roles) }],
  })
  return {
    UserDetailList: Array.from({ length: users }, (_, index) => ({
      Path: '/',
      UserName: `user-${index}`,
      UserId: `AIDA${String(index).padStart(17, '0')}`,
      Arn: arn('user', `user-${index}`),
      CreateDate: '2024-02-01T08:00:00+00:00',
      GroupList: [`group-${number(GROUPS)}`],
      AttachedManagedPolicies: attached(),
      ...inline('UserPolicyList'),
    })),
    GroupDetailList: Array.from({ length: GROUPS }, (_, index) => ({
      Path: '/',
      GroupName: `group-${index}`,
      GroupId: `AGPA${String(index).padStart(17, '0')}`,
      Arn: arn('group', `group-${index}`),
      CreateDate: '2023-01-01T08:00:00+00:00',
      AttachedManagedPolicies: attached(),
      ...inline('GroupPolicyList'),
    })),
    RoleDetailList: Array.from({ length: roles }, (_, index) => ({
      Path: '/',
      RoleName: `role-${index}`,
      RoleId: `AROA${String(index).padStart(17, '0')}`,
      Arn: arn('role', `role-${index}`),
      CreateDate: '2023-06-01T08:00:00+00:00',
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal:
              number(3) === 0
                ? { AWS: arn('role', `role-${number(roles)}`) }
                : { Service: number(2) === 0 ? 'ec2.amazonaws.com' : 'lambda.amazonaws.com' },
          },
        ],
      },
      InstanceProfileList: [],
      AttachedManagedPolicies: attached(),
      ...inline('RolePolicyList'),
    })),
    Policies: managedPolicies(number, roles),
  }
}

function managedPolicies(number: (below: number) => number, roles: number): object[] {
  return Array.from({ length: MANAGED }, (_, index) => ({
    PolicyName: `managed-${index}`,
    PolicyId: `ANPA${String(index).padStart(17, '0')}`,
    Arn: arn('policy', `managed-${index}`),
    Path: '/',
    DefaultVersionId: 'v1',
    AttachmentCount: 1,
    IsAttachable: true,
    PolicyVersionList: [
      {
        VersionId: 'v1',
        IsDefaultVersion: true,
        Document: policy(number, roles),
        CreateDate: '2023-01-01T08:00:00+00:00',
      },
    ],
  }))
}

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'delete', 'impersonate', 'bind', 'escalate']
const RESOURCES = [
  'pods',
  'secrets',
  'configmaps',
  'deployments',
  'serviceaccounts',
  'serviceaccounts/token',
  'nodes/proxy',
  'rolebindings',
]

function cluster(count: number): object {
  const number = numbers(0xc1)
  const namespaces = Math.max(1, Math.floor(count / 50))
  const namespaceOf = (index: number): string => `team-${index % namespaces}`
  const rules = (): object[] =>
    Array.from({ length: 1 + number(3) }, () => ({
      apiGroups: ['', 'apps', 'rbac.authorization.k8s.io'].slice(0, 1 + number(3)),
      resources: Array.from({ length: 1 + number(3) }, () => RESOURCES[number(RESOURCES.length)]),
      verbs: Array.from({ length: 1 + number(3) }, () => VERBS[number(4) === 0 ? number(VERBS.length) : number(3)]),
    }))
  const items = Array.from({ length: count }, (_, index): object[] => {
    const [namespace, name] = [namespaceOf(index), `sa-${index}`]
    const isCluster = number(10) === 0
    return [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: `app-${index}`, namespace },
        spec: { template: { spec: { serviceAccountName: name, containers: [{ name: 'app', image: 'app:1' }] } } },
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: `role-${index}`, namespace },
        rules: rules(),
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: isCluster ? 'ClusterRoleBinding' : 'RoleBinding',
        metadata: { name: `binding-${index}`, ...(isCluster ? {} : { namespace }) },
        roleRef: isCluster
          ? { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `shared-${number(50)}` }
          : { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: `role-${index}` },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    ]
  }).flat()
  const shared = Array.from({ length: 50 }, (_, index) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: `shared-${index}` },
    rules: rules(),
  }))
  return { apiVersion: 'v1', kind: 'List', items: [...shared, ...items] }
}
