// What well-known AWS-managed policies give, as far as it decides privilege, for inputs that name them without holding
// them. Our own short statements of fact, not AWS's text; a policy that the input holds is read from the input.
import { ref } from '#kernel'
import type { PolicyFact, Ref } from '#kernel'
import { compilePolicy } from './policy.ts'
import type { Policy } from './policy.ts'

type Condition = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
interface Grant {
  readonly allow?: readonly string[]
  readonly allowAllBut?: readonly string[]
  readonly on?: readonly string[]
  readonly when?: Condition
}

const passTo = (...services: readonly string[]): Condition => ({ StringEquals: { 'iam:PassedToService': services } })
const full = (...services: readonly string[]): readonly Grant[] => [
  { allow: services.map((service) => `${service}:*`) },
]
const READ_VERBS = ['Describe*', 'List*', 'Get*']
/** Get verbs of these services return settings, not the data itself. */
const readOnly = (...services: readonly string[]): readonly Grant[] => [
  { allow: services.flatMap((service) => READ_VERBS.map((verb) => `${service}:${verb}`)) },
]
const DESCRIBED = 'acm autoscaling cloudformation cloudfront cloudtrail cloudwatch config dynamodb ec2 ecs eks'.split(
  ' ',
)
const AUDITED = [...DESCRIBED, ...'elasticloadbalancing events iam lambda organizations rds route53 sns sqs'.split(' ')]

/** By the name behind `arn:aws:iam::aws:policy/`, whatever its path. */
const KNOWN: Readonly<Record<string, readonly Grant[]>> = {
  AdministratorAccess: [{ allow: ['*'] }],
  'AdministratorAccess-Amplify': full(
    'amplify',
    'cloudformation',
    'appsync',
    'cognito-idp',
    'cognito-identity',
    'lambda',
  ),
  IAMFullAccess: full('iam'),
  PowerUserAccess: [
    { allowAllBut: ['iam:*', 'organizations:*', 'account:*'] },
    { allow: ['iam:CreateServiceLinkedRole', 'iam:DeleteServiceLinkedRole', 'iam:ListRoles'] },
  ],
  ReadOnlyAccess: [...readOnly(...AUDITED), { allow: ['s3:Get*', 's3:List*', 'dynamodb:Query', 'dynamodb:Scan'] }],
  ViewOnlyAccess: [{ allow: AUDITED.flatMap((service) => [`${service}:List*`, `${service}:Describe*`]) }],
  SecurityAudit: [{ allow: AUDITED.flatMap((service) => [`${service}:List*`, `${service}:Describe*`]) }],
  IAMReadOnlyAccess: readOnly('iam'),
  IAMUserChangePassword: [{ allow: ['iam:ChangePassword'], on: ['arn:aws:iam::*:user/${aws:username}'] }],
  AmazonS3FullAccess: full('s3', 's3-object-lambda'),
  AmazonS3ReadOnlyAccess: [{ allow: ['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*'] }],
  AmazonDynamoDBFullAccess: full('dynamodb', 'dax'),
  AmazonDynamoDBReadOnlyAccess: [...readOnly('dynamodb'), { allow: ['dynamodb:Query', 'dynamodb:Scan'] }],
  AmazonRDSFullAccess: full('rds'),
  AmazonSQSFullAccess: full('sqs'),
  AmazonSNSFullAccess: full('sns'),
  AmazonEC2FullAccess: full('ec2', 'elasticloadbalancing', 'cloudwatch', 'autoscaling'),
  AmazonEC2ReadOnlyAccess: readOnly('ec2', 'elasticloadbalancing', 'autoscaling'),
  AmazonVPCFullAccess: [
    { allow: ['ec2:*Vpc*', 'ec2:*Subnet*', 'ec2:*SecurityGroup*', 'ec2:*Route*', 'ec2:Describe*'] },
  ],
  AmazonSSMFullAccess: full('ssm', 'ssmmessages', 'ec2messages'),
  AmazonSSMReadOnlyAccess: readOnly('ssm'),
  AmazonSSMManagedInstanceCore: [
    {
      allow: [
        'ssm:GetParameter',
        'ssm:GetParameters',
        'ssm:UpdateInstanceInformation',
        'ssmmessages:*',
        'ec2messages:*',
      ],
    },
  ],
  SecretsManagerReadWrite: full('secretsmanager'),
  AWSKeyManagementServicePowerUser: [
    { allow: ['kms:CreateAlias', 'kms:CreateKey', 'kms:DeleteAlias', 'kms:Describe*', 'kms:List*'] },
  ],
  AWSCloudFormationFullAccess: full('cloudformation'),
  AWSCodeBuildAdminAccess: full('codebuild'),
  AWSLambda_FullAccess: [
    ...full('lambda'),
    { allow: ['iam:PassRole'], when: passTo('lambda.amazonaws.com') },
    { allow: ['states:Describe*', 'logs:Describe*', 'cloudformation:DescribeStacks'] },
  ],
  AWSLambda_ReadOnlyAccess: readOnly('lambda'),
  AWSLambdaBasicExecutionRole: [{ allow: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'] }],
  AWSLambdaVPCAccessExecutionRole: [
    { allow: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'] },
    { allow: ['ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces'] },
  ],
  AmazonECS_FullAccess: [
    ...full('ecs'),
    { allow: ['iam:PassRole'], when: passTo('ecs-tasks.amazonaws.com', 'ecs.amazonaws.com') },
  ],
  AmazonECSTaskExecutionRolePolicy: [
    {
      allow: [
        'ecr:GetAuthorizationToken',
        'ecr:BatchGetImage',
        'ecr:GetDownloadUrlForLayer',
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ],
    },
  ],
  AmazonEC2ContainerRegistryFullAccess: full('ecr'),
  AmazonEC2ContainerRegistryPowerUser: [
    {
      allow: [
        'ecr:Get*',
        'ecr:Batch*',
        'ecr:Describe*',
        'ecr:List*',
        'ecr:PutImage',
        'ecr:*LayerUpload',
        'ecr:UploadLayerPart',
      ],
    },
  ],
  AmazonEC2ContainerRegistryReadOnly: [{ allow: ['ecr:Get*', 'ecr:BatchGetImage', 'ecr:Describe*', 'ecr:List*'] }],
  AmazonEKSWorkerNodePolicy: [{ allow: ['ec2:Describe*', 'eks:DescribeCluster', 'eks-auth:AssumeRoleForPodIdentity'] }],
  AmazonEKS_CNI_Policy: [
    { allow: ['ec2:*NetworkInterface*', 'ec2:*PrivateIpAddresses', 'ec2:Describe*'] },
    { allow: ['ec2:CreateTags'], on: ['arn:aws:ec2:*:*:network-interface/*'] },
  ],
  CloudWatchFullAccess: full('cloudwatch', 'logs', 'sns', 'autoscaling'),
  CloudWatchReadOnlyAccess: readOnly('cloudwatch', 'logs'),
  CloudWatchLogsFullAccess: full('logs', 'cloudwatch'),
  CloudWatchLogsReadOnlyAccess: readOnly('logs'),
  CloudWatchAgentServerPolicy: [
    { allow: ['cloudwatch:PutMetricData', 'logs:CreateLogStream', 'logs:PutLogEvents', 'ec2:DescribeTags'] },
  ],
}

const compiled = new Map<string, Policy>()

/** The policy behind an AWS-managed ARN when it is one of the well-known, else `undefined`. */
export function knownPolicy(policyRef: Ref): Policy | undefined {
  const match = /^aws:arn:aws[a-z-]*:iam::aws:policy\/(?:[^/]+\/)*([^/]+)$/.exec(policyRef)
  const name = match?.[1]
  const grants = name === undefined || !Object.hasOwn(KNOWN, name) ? undefined : KNOWN[name]
  if (name === undefined || grants === undefined) return undefined
  const known = compiled.get(policyRef)
  if (known !== undefined) return known
  const policy = compilePolicy(factOf(name, policyRef, grants))
  compiled.set(policyRef, policy)
  return policy
}

/** The fact itself, so that a policy with variables can be compiled for its holder. */
export function knownPolicyFact(policyRef: Ref): Omit<PolicyFact, 'provenance'> | undefined {
  const policy = knownPolicy(policyRef)
  const grants = policy === undefined ? undefined : KNOWN[policy.name]
  return policy === undefined || grants === undefined ? undefined : factOf(policy.name, policyRef, grants)
}

function factOf(name: string, policyRef: Ref, grants: readonly Grant[]): Omit<PolicyFact, 'provenance'> {
  return {
    type: 'policy',
    ref: policyRef,
    dialect: 'aws-iam',
    name,
    document: {
      Version: '2012-10-17',
      Statement: grants.map((grant) => ({
        Effect: 'Allow',
        ...(grant.allow === undefined ? {} : { Action: grant.allow }),
        ...(grant.allowAllBut === undefined ? {} : { NotAction: grant.allowAllBut }),
        Resource: grant.on ?? ['*'],
        ...(grant.when === undefined ? {} : { Condition: grant.when }),
      })),
    },
  }
}

/** For tests and the guide: the names that are known. */
export const KNOWN_POLICY_NAMES: readonly string[] = Object.keys(KNOWN)

/** The ref under which the connector spells an AWS-managed policy of the commercial partition. */
export const managedPolicyRef = (name: string): Ref => ref('aws', `arn:aws:iam::aws:policy/${name}`)
