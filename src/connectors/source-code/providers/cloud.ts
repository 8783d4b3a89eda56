// Token formats of clouds, platforms, and what runs infrastructure.
import { LOOSE, token } from './provider-rule.ts'

const HEX = '[a-f0-9]'
const B64 = '[A-Za-z0-9+/]'

export const CLOUD = [
  token('aws-bedrock-api-key', 'Amazon Bedrock API key', 'ABSK', `${B64}{100,280}={0,2}`),
  token('aws-bedrock-short-term-key', 'Amazon Bedrock short-term API key', 'bedrock-api-key-', `${B64}{80,4000}={0,2}`),
  token('aws-mws-key', 'Amazon MWS auth token', 'amzn.mws.', `${HEX}{8}-(?:${HEX}{4}-){3}${HEX}{12}`),
  token('gcp-api-key', 'Google API key', 'AIza', '[\\w-]{35}(?![\\w-])'),
  token('gcp-oauth-client-secret', 'Google OAuth client secret', 'GOCSPX-', '[\\w-]{28}', {
    type: 'oauth_client_secret',
  }),
  token('gcp-oauth-access-token', 'Google OAuth access token', 'ya29.', '[\\w-]{40,1000}'),
  token('gcp-oauth-refresh-token', 'Google OAuth refresh token', '1//0', '[\\w-]{40,120}'),
  token(
    'firebase-cloud-messaging-key',
    'Firebase Cloud Messaging server key',
    ':APA91b',
    'AAAA[\\w-]{7}:APA91b[\\w-]{120,150}',
    { lead: 11, whole: true },
  ),
  token('azure-storage-key', 'Azure storage account key', 'AccountKey=', `AccountKey=(${B64}{86}==)`, { whole: true }),
  token('azure-storage-key', 'Azure storage account key', '+ASt', `(${B64}{76}\\+ASt${B64}{5}[AQgw]==)`, {
    lead: 76,
    whole: true,
  }),
  token('azure-sas-signature', 'Azure shared access signature', 'sig=', 'sig=([A-Za-z0-9%]{40,80}(?:%3[dD]|=))', {
    whole: true,
    confidence: 0.85,
  }),
  token('azure-shared-access-key', 'Azure shared access key', 'SharedAccessKey=', `SharedAccessKey=(${B64}{43}=)`, {
    whole: true,
  }),
  token('azure-client-secret', 'Microsoft Entra client secret', 'Q~', '([\\w~.]{3}\\dQ~[\\w~.-]{31,34})(?![\\w~.-])', {
    lead: 4,
    whole: true,
    type: 'oauth_client_secret',
  }),
  token('azure-devops-pat', 'Azure DevOps personal access token', 'AZDO', '([A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})', {
    lead: 76,
    whole: true,
  }),
  token('azure-function-key', 'Azure Functions key', 'AzFu', '([\\w-]{44}AzFu[\\w-]{5}[AQgw]==)', {
    lead: 44,
    whole: true,
  }),
  token('azure-search-key', 'Azure AI Search key', 'AzSe', '([A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5})', {
    lead: 42,
    whole: true,
  }),
  token('azure-cosmos-key', 'Azure Cosmos DB key', 'ACDb', `(${B64}{76}ACDb${B64}{5}[AQgw]==)`, {
    lead: 76,
    whole: true,
  }),
  token('azure-container-registry-key', 'Azure Container Registry key', '+ACR', `(${B64}{42}\\+ACR[A-D]${B64}{5})`, {
    lead: 42,
    whole: true,
  }),
  token('azure-event-hub-key', 'Azure Event Hubs key', '+AEh', `(${B64}{33}\\+AEh[A-D]${B64}{5}=)`, {
    lead: 33,
    whole: true,
  }),
  token('azure-service-bus-key', 'Azure Service Bus key', '+ASb', `(${B64}{33}\\+ASb[A-D]${B64}{5}=)`, {
    lead: 33,
    whole: true,
  }),
  token('azure-iot-key', 'Azure IoT key', 'AIoT', `(${B64}{33}AIoT[A-D]${B64}{5}=)`, { lead: 33, whole: true }),
  token('azure-cache-key', 'Azure Cache for Redis key', 'AzCa', `(${B64}{33}AzCa[A-D]${B64}{5}=)`, {
    lead: 33,
    whole: true,
  }),
  token('azure-cognitive-services-key', 'Azure AI services key', 'JQQJ99', '([A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26})', {
    lead: 52,
    whole: true,
  }),
  token('digitalocean-pat', 'DigitalOcean personal access token', 'dop_v1_', `${HEX}{64}`),
  token('digitalocean-oauth-token', 'DigitalOcean OAuth token', 'doo_v1_', `${HEX}{64}`),
  token('digitalocean-refresh-token', 'DigitalOcean refresh token', 'dor_v1_', `${HEX}{64}`),
  token('heroku-api-key', 'Heroku API key', 'HRKU-', '[\\w-]{36,64}'),
  token('flyio-token', 'Fly.io access token', 'fo1_', '[\\w-]{43}'),
  token('flyio-macaroon', 'Fly.io macaroon token', 'FlyV1 fm', 'FlyV1 (fm[12][ar]?_[A-Za-z0-9+/=,_]{60,1000})', {
    whole: true,
  }),
  token('render-api-key', 'Render API key', 'rnd_', '[A-Za-z0-9]{32}'),
  token('netlify-token', 'Netlify access token', 'nfp_', '[A-Za-z0-9]{36}'),
  token('vercel-blob-token', 'Vercel Blob token', 'vercel_blob_rw_', '[A-Za-z0-9]{14,20}_[A-Za-z0-9]{24,40}'),
  token('supabase-token', 'Supabase access token', 'sbp_', `${HEX}{40}`),
  token('supabase-secret-key', 'Supabase secret key', 'sb_secret_', '[\\w-]{22,40}'),
  token('planetscale-token', 'PlanetScale token', 'pscale_tkn_', '[\\w.=-]{32,64}'),
  token('planetscale-oauth-token', 'PlanetScale OAuth token', 'pscale_oauth_', '[\\w.=-]{32,64}'),
  token('planetscale-password', 'PlanetScale database password', 'pscale_pw_', '[\\w.=-]{32,64}', { type: 'password' }),
  token('neon-api-key', 'Neon API key', 'napi_', '[a-z0-9]{60,70}'),
  token('pulumi-token', 'Pulumi access token', 'pul-', `${HEX}{40}`),
  token('terraform-cloud-token', 'Terraform Cloud token', '.atlasv1.', '([A-Za-z0-9]{14}\\.atlasv1\\.[\\w=-]{60,70})', {
    lead: 14,
    whole: true,
  }),
  token('vault-service-token', 'Vault service token', 'hvs.', '[\\w-]{24,300}'),
  token('vault-batch-token', 'Vault batch token', 'hvb.', '[\\w-]{100,400}'),
  token('vault-recovery-token', 'Vault recovery token', 'hvr.', '[\\w-]{24,300}'),
  token(
    'doppler-token',
    'Doppler token',
    'dp.',
    '(?:pt|ct|st|sa|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}',
  ),
  token('onepassword-service-token', '1Password service account token', 'ops_eyJ', '[\\w-]{200,1200}={0,3}'),
  token(
    'onepassword-secret-key',
    '1Password secret key',
    'A3-',
    '[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}',
    { confidence: LOOSE },
  ),
  token('age-secret-key', 'age secret key', 'AGE-SECRET-KEY-1', '[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}', {
    type: 'encryption_key',
  }),
  token(
    'tailscale-key',
    'Tailscale key',
    'tskey-',
    '(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{6,20}(?:CNTRL)?-[A-Za-z0-9]{20,50}',
  ),
  token('databricks-token', 'Databricks access token', 'dapi', `${HEX}{32}(?:-\\d)?`),
  token('mongodb-atlas-secret', 'MongoDB Atlas service account secret', 'mdb_sa_sk_', '[\\w-]{40}', {
    type: 'oauth_client_secret',
  }),
  token('aiven-password', 'Aiven service password', 'AVNS_', '[\\w-]{15,24}', { type: 'password', confidence: 0.9 }),
  token('harness-token', 'Harness access token', 'pat.', `[\\w-]{22}\\.${HEX}{24}\\.[A-Za-z0-9]{20}`),
  token('openshift-token', 'OpenShift user token', 'sha256~', '[\\w-]{43}'),
  token('rancher-token', 'Rancher API token', 'token-', '[a-z0-9]{5}:[a-z0-9]{54}'),
  token('scalingo-token', 'Scalingo token', 'tk-us-', '[\\w-]{48}'),
  token('infracost-token', 'Infracost API key', 'ico-', '[A-Za-z0-9]{32}'),
  token('octopus-deploy-key', 'Octopus Deploy API key', 'API-', '[A-Z0-9]{25,32}', { confidence: LOOSE }),
  token('cloudflare-origin-ca-key', 'Cloudflare origin CA key', 'v1.0-', `${HEX}{24}-${HEX}{146}`),
  token('yandex-api-key', 'Yandex Cloud API key', 'AQVN', '[\\w-]{35,38}', { alone: true }),
  token('yandex-oauth-token', 'Yandex OAuth token', 'y0_AgAA', '[\\w-]{45,70}'),
  token('yandex-static-key', 'Yandex Cloud static key', 'YCAJE', '[\\w-]{32,40}', { confidence: LOOSE }),
  token('defined-networking-key', 'Defined Networking key', 'dnkey-', '[a-z0-9=_-]{26}-[a-z0-9=_-]{52}'),
  token('maxmind-licence-key', 'MaxMind licence key', '_mmk', '([A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk)', {
    lead: 36,
    whole: true,
  }),
  token('zuplo-key', 'Zuplo API key', 'zpka_', '[\\w]{32,64}'),
  token('ory-token', 'Ory access token', 'ory_', '(?:at|rt|ac|pat|st|wak)_[\\w-]{30,60}(?:\\.[\\w-]{30,60})?'),
  token('clickhouse-cloud-key', 'ClickHouse Cloud key', '4b1d', '[A-Za-z0-9]{38}', { confidence: LOOSE }),
  token('xata-key', 'Xata API key', 'xau_', '[A-Za-z0-9]{32,44}'),
  token('unkey-key', 'Unkey root key', 'unkey_', '[A-Za-z0-9]{20,40}'),
]
