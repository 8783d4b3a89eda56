// Tokens without a mark of their own, known by their shape where the name beside them says whose they are.
import type { CredentialType } from '#kernel'

export interface NamedRule {
  readonly id: string
  readonly title: string
  /** Tried on the lower-cased name with `_` for every separator. */
  readonly name: RegExp
  /** Tried on the whole value. */
  readonly value: RegExp
  readonly credentialType: CredentialType
}

const UUID = /^[a-f0-9]{8}-(?:[a-f0-9]{4}-){3}[a-f0-9]{12}$/i

const hex = (length: number): RegExp => new RegExp(`^[a-f0-9]{${length}}$`, 'i')
const alnum = (min: number, max = min): RegExp => new RegExp(`^[A-Za-z0-9]{${min},${max}}$`)
const url = (min: number, max = min): RegExp => new RegExp(`^[\\w-]{${min},${max}}$`)

const named = (
  id: string,
  title: string,
  name: RegExp,
  value: RegExp,
  credentialType: CredentialType = 'api_token',
): NamedRule => ({ id, title, name, value, credentialType })

export const NAMED_RULES: readonly NamedRule[] = [
  named('datadog-api-key', 'Datadog API key', /datadog|(?:^|_)dd_/, hex(32)),
  named('datadog-app-key', 'Datadog application key', /datadog|(?:^|_)dd_/, hex(40)),
  named('twilio-auth-token', 'Twilio auth token', /twilio/, hex(32)),
  named('twilio-api-key', 'Twilio API key', /twilio/, /^SK[a-f0-9]{32}$/),
  named('cloudflare-api-token', 'Cloudflare API token', /cloudflare|(?:^|_)cf_/, url(40)),
  named('cloudflare-global-key', 'Cloudflare global API key', /cloudflare|(?:^|_)cf_/, hex(37)),
  named('fastly-token', 'Fastly API token', /fastly/, url(32)),
  named('heroku-api-key', 'Heroku API key', /heroku/, UUID),
  named('algolia-key', 'Algolia API key', /algolia/, hex(32)),
  named('okta-token', 'Okta API token', /okta/, /^00[\w-]{40}$/),
  named('auth0-client-secret', 'Auth0 client secret', /auth0/, url(64), 'oauth_client_secret'),
  named('travis-token', 'Travis CI token', /travis/, url(22)),
  named('circleci-token', 'CircleCI token', /circle/, hex(40)),
  named('jenkins-token', 'Jenkins API token', /jenkins/, /^11[a-f0-9]{32}$/),
  named('codecov-token', 'Codecov token', /codecov/, UUID),
  named('snyk-token', 'Snyk token', /snyk/, UUID),
  named('sonar-token', 'SonarQube token', /sonar/, hex(40)),
  named('gitlab-token', 'GitLab token', /gitlab/, url(20)),
  named('gitea-token', 'Gitea token', /gitea|forgejo/, hex(40)),
  named('github-token', 'GitHub token', /github|(?:^|_)gh_/, hex(40)),
  named('bitbucket-secret', 'Bitbucket client secret', /bitbucket/, url(32), 'oauth_client_secret'),
  named('splunk-hec-token', 'Splunk HEC token', /splunk|(?:^|_)hec_/, UUID),
  named('sumologic-key', 'Sumo Logic access key', /sumo/, alnum(64)),
  named('pagerduty-key', 'PagerDuty key', /pagerduty|pager_duty/, /^(?:u\+|y_)?[\w-]{18,20}$|^[a-f0-9]{32}$/),
  named('opsgenie-key', 'Opsgenie key', /opsgenie/, UUID),
  named('rollbar-token', 'Rollbar token', /rollbar/, hex(32)),
  named('bugsnag-key', 'Bugsnag key', /bugsnag/, hex(32)),
  named('loggly-token', 'Loggly token', /loggly/, UUID),
  named('logdna-key', 'Mezmo ingestion key', /logdna|mezmo/, hex(32)),
  named('segment-key', 'Segment write key', /segment/, alnum(32)),
  named('amplitude-key', 'Amplitude key', /amplitude/, hex(32)),
  named('mixpanel-secret', 'Mixpanel secret', /mixpanel/, hex(32)),
  named('intercom-token', 'Intercom token', /intercom/, /^[A-Za-z0-9+/=_-]{60}$/),
  named('zendesk-secret', 'Zendesk secret', /zendesk/, alnum(40, 64)),
  named('postmark-token', 'Postmark server token', /postmark/, UUID, 'api_token'),
  named('sparkpost-key', 'SparkPost key', /sparkpost/, hex(40)),
  named('mandrill-key', 'Mandrill key', /mandrill/, url(22)),
  named('plivo-token', 'Plivo auth token', /plivo/, alnum(40)),
  named('vonage-secret', 'Vonage secret', /nexmo|vonage/, alnum(16)),
  named('messagebird-key', 'MessageBird key', /messagebird/, alnum(25)),
  named('twitter-secret', 'X (Twitter) secret', /twitter/, /^[A-Za-z0-9]{45,50}$|^\d{6,20}-[A-Za-z0-9]{35,44}$/),
  named('twitter-api-key', 'X (Twitter) API key', /twitter/, alnum(25)),
  named('facebook-app-secret', 'Facebook app secret', /facebook|(?:^|_)fb_/, hex(32), 'oauth_client_secret'),
  named('linkedin-secret', 'LinkedIn client secret', /linkedin/, alnum(16), 'oauth_client_secret'),
  named('spotify-secret', 'Spotify client secret', /spotify/, hex(32), 'oauth_client_secret'),
  named('twitch-secret', 'Twitch client secret', /twitch/, alnum(30), 'oauth_client_secret'),
  named('dropbox-secret', 'Dropbox app secret', /dropbox/, alnum(15), 'oauth_client_secret'),
  named('trello-token', 'Trello token', /trello/, /^[a-f0-9]{32}$|^[a-f0-9]{64}$|^ATTA[a-f0-9]{72}$/),
  named('asana-token', 'Asana token', /asana/, /^\d\/\d{10,20}(?:[:/][a-z0-9]{16,40})+$/),
  named('jira-token', 'Atlassian API token', /jira|confluence|atlassian/, alnum(24)),
  named('discord-bot-token', 'Discord bot token', /discord|(?:^|_)bot_/, /^[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,40}$/),
  named('pusher-secret', 'Pusher secret', /pusher/, hex(20)),
  named('ably-key', 'Ably key', /ably/, /^[\w-]{6}\.[\w-]{6}:[\w-]{20,43}$/),
  named('braintree-key', 'Braintree private key', /braintree/, hex(32)),
  named('razorpay-secret', 'Razorpay secret', /razorpay/, alnum(24)),
  named('paypal-secret', 'PayPal client secret', /paypal/, /^[\w-]{80}$/, 'oauth_client_secret'),
  named('plaid-secret', 'Plaid secret', /plaid/, hex(30)),
  named('coinbase-secret', 'Coinbase secret', /coinbase/, /^[A-Za-z0-9+/=]{32,88}$/),
  named('binance-secret', 'Binance secret', /binance/, alnum(64)),
  named('infura-key', 'Infura key', /infura/, hex(32)),
  named('alchemy-key', 'Alchemy key', /alchemy/, url(32)),
  named('etherscan-key', 'Etherscan key', /etherscan|bscscan|polygonscan/, /^[A-Z0-9]{34}$/),
  named(
    'ethereum-private-key',
    'Ethereum private key',
    /private|wallet|deployer|signer|account/,
    /^0x[a-fA-F0-9]{64}$/,
    'private_key',
  ),
  named('cohere-key', 'Cohere API key', /cohere|(?:^|_)co_/, alnum(40)),
  named('mistral-key', 'Mistral API key', /mistral/, alnum(32)),
  named('deepgram-key', 'Deepgram key', /deepgram/, hex(40)),
  named('assemblyai-key', 'AssemblyAI key', /assembly/, hex(32)),
  named('wandb-api-key', 'Weights & Biases API key', /wandb/, hex(40)),
  named(
    'rapidapi-key',
    'RapidAPI key',
    /rapidapi|rapid_api/,
    /^[a-z0-9]{10}msh[a-z0-9]{15}p1[a-z0-9]{6}jsn[a-z0-9]{12}$|^[A-Za-z0-9]{50}$/,
  ),
  named('ngrok-token', 'ngrok token', /ngrok/, /^[A-Za-z0-9]{20,30}_[A-Za-z0-9]{20,24}$/),
  named('virustotal-key', 'VirusTotal key', /virustotal|(?:^|_)vt_/, hex(64)),
  named('shodan-key', 'Shodan key', /shodan/, alnum(32)),
  named('airtable-key', 'Airtable key', /airtable/, /^key[A-Za-z0-9]{14}$/),
  named('openweather-key', 'OpenWeather key', /weather/, hex(32)),
  named('vault-token', 'Vault token', /vault/, /^s\.[A-Za-z0-9]{24}$/),
  named('consul-token', 'Consul or Nomad token', /consul|nomad/, UUID),
  named('linode-token', 'Linode token', /linode/, hex(64)),
  named('scaleway-secret', 'Scaleway secret key', /scaleway|(?:^|_)scw_/, UUID),
  named('ibm-cloud-key', 'IBM Cloud API key', /ibm|bluemix/, url(44)),
  named('alibaba-secret', 'Alibaba Cloud secret key', /alibaba|aliyun|alicloud/, alnum(30)),
  named('tencent-secret', 'Tencent Cloud secret key', /tencent|qcloud/, alnum(32)),
  named('confluent-secret', 'Confluent secret', /confluent|kafka/, /^[A-Za-z0-9+/]{64}$/),
  named('artifactory-token', 'Artifactory token', /artifactory|jfrog/, alnum(64, 73)),
  named('launchdarkly-token', 'LaunchDarkly token', /launchdarkly/, url(40)),
  named('contentful-key', 'Contentful token', /contentful/, url(43)),
  named('newrelic-key', 'New Relic key', /new_?relic/, /^[a-f0-9]{40}$|^[\w-]{32}$/),
  named(
    'aws-secret-access-key',
    'AWS secret access key',
    /aws|amazon|(?:^|_)s3_|secret_?access_?key/,
    /^[A-Za-z0-9+/]{40}$/,
    'aws_access_key',
  ),
  named('yandex-secret', 'Yandex Cloud secret', /yandex|(?:^|_)yc_/, /^YC[\w-]{38}$/),
]
