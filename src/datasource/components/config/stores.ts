// What each kind of store needs: its place, where its credentials come from, and which secrets these are.
import type { SettingKeys } from '../../../generated/contract';
import type { HeadroomJsonData, HeadroomSecrets } from '../../types';

export type StoreKind = 'directory' | 's3' | 'azure' | 'gcs' | 'http';
type TextKey =
  | 'storePath'
  | 'storeBucket'
  | 'storePrefix'
  | 'storeEndpoint'
  | 'storeRegion'
  | 'storeAccount'
  | 'storeUrl'
  | 'storeUser';

/** The kinds of store, as people choose among them. */
export const STORE_KINDS: { value: StoreKind; label: string; description: string }[] = [
  { value: 'directory', label: 'Folder', description: 'A folder that the Grafana server can read' },
  { value: 's3', label: 'S3', description: 'A bucket of Amazon S3, or of what speaks its protocol: MinIO, Ceph, R2' },
  { value: 'azure', label: 'Azure Blob Storage', description: 'A container of a storage account' },
  { value: 'gcs', label: 'Google Cloud Storage', description: 'A bucket' },
  { value: 'http', label: 'HTTP', description: 'An index page, a list in JSON, or one report' },
];

interface TextOf {
  key: TextKey & keyof SettingKeys;
  label: string;
  description?: string;
  placeholder?: string;
  required?: boolean;
  /** What is said while a required field is empty. */
  missing?: string;
}

const BUCKET: TextOf = {
  key: 'storeBucket',
  label: 'Bucket',
  placeholder: 'benchmark-reports',
  required: true,
  missing: 'Expected the name of a bucket.',
};
const PREFIX: TextOf = {
  key: 'storePrefix',
  label: 'Prefix',
  description: 'Only objects below this folder are read.',
  placeholder: 'the whole bucket',
};
const ENDPOINT: TextOf = {
  key: 'storeEndpoint',
  label: 'Server',
  description: 'Leave empty for the provider’s own. An address that begins with http:// is used without TLS.',
};

const FIELDS: Record<StoreKind, TextOf[]> = {
  directory: [
    {
      key: 'storePath',
      label: 'Folder',
      description:
        'As the Grafana server sees it, sub-folders included: for example the volume that GuideLLM writes to.',
      placeholder: '/var/lib/headroom/reports',
      required: true,
      missing: 'Expected the path of a folder with benchmark reports.',
    },
  ],
  s3: [
    BUCKET,
    PREFIX,
    { ...ENDPOINT, placeholder: 'https://minio:9000' },
    { key: 'storeRegion', label: 'Region', placeholder: 'us-east-1' },
  ],
  azure: [
    {
      key: 'storeAccount',
      label: 'Storage account',
      required: true,
      missing: 'Expected the name of a storage account.',
    },
    { ...BUCKET, label: 'Container', missing: 'Expected the name of a container.' },
    PREFIX,
    ENDPOINT,
  ],
  gcs: [BUCKET, PREFIX, ENDPOINT],
  http: [
    {
      key: 'storeUrl',
      label: 'Address',
      description: 'As the Grafana server reaches it. Nothing outside this folder is followed.',
      placeholder: 'https://server/reports/',
      required: true,
      missing: 'Expected the address of an index page, of a list or of a report.',
    },
    { key: 'storeUser', label: 'User', description: 'For basic authentication. Leave empty for a token or for none.' },
  ],
};

/** The texts that say where a store of this kind is. */
export function fieldsOf(kind: StoreKind): TextOf[] {
  return FIELDS[kind];
}

/** Where reports are, by the settings that every user can read, with a word for what it is; `undefined` if nothing is set. */
export function storeOf(settings: HeadroomJsonData): { word: 'folder' | 'store'; place: string } | undefined {
  const kind = (settings.storeKind ?? 'directory') as StoreKind;
  const parts = FIELDS[kind].filter(({ required }) => required).map(({ key }) => settings[key] ?? '');
  if (parts.length === 0 || parts.some((part) => part === '')) {
    return undefined;
  }
  return { word: kind === 'directory' ? 'folder' : 'store', place: parts.join('/') };
}

/** Where the credentials of a store of this kind may come from, the default first. */
export function storeAuths(kind: StoreKind): { value: string; label: string; description: string }[] {
  if (kind === 'directory' || kind === 'http') {
    return [];
  }
  return [
    { value: 'secrets', label: 'Typed here', description: 'Grafana encrypts them, and nobody can read them again' },
    {
      value: 'environment',
      label: 'Of the Grafana server',
      description: 'Its workload identity or its environment, which Grafana must hand on',
    },
    { value: 'none', label: 'None', description: 'The bucket is public' },
  ];
}

interface SecretOf {
  key: keyof HeadroomSecrets;
  label: string;
  description?: string;
  placeholder?: string;
  lines?: boolean;
}

const SECRETS: Record<StoreKind, SecretOf[]> = {
  directory: [],
  s3: [
    { key: 'storeAccessKeyId', label: 'Access key ID' },
    { key: 'storeSecretAccessKey', label: 'Secret access key' },
    { key: 'storeSessionToken', label: 'Session token', description: 'Of temporary credentials only.' },
  ],
  azure: [
    { key: 'storeSasToken', label: 'Shared access signature', description: 'With the rights to list and to read.' },
    { key: 'storeAccountKey', label: 'Account key', description: 'Instead of a signature. It allows everything.' },
  ],
  gcs: [
    {
      key: 'storeServiceAccountKey',
      label: 'Key of a service account',
      description: 'The whole JSON file.',
      placeholder: '{ "type": "service_account", …',
      lines: true,
    },
  ],
  http: [
    { key: 'storePassword', label: 'Password', description: 'Of the user above.' },
    { key: 'storeToken', label: 'Token', description: 'Instead of a user. Without the word Bearer.' },
  ],
};

const AUTHORITY: SecretOf = {
  key: 'storeCACert',
  label: 'Certificate of the authority',
  description: 'Only where the server’s certificate is not signed by one that this machine trusts.',
  placeholder: '-----BEGIN CERTIFICATE-----',
  lines: true,
};

/** The secrets that a store of this kind can have. */
export function secretsNeeded(kind: StoreKind, auth: string | undefined): SecretOf[] {
  if (kind === 'directory') {
    return [];
  }
  return auth === undefined || auth === 'secrets' ? [...SECRETS[kind], AUTHORITY] : [AUTHORITY];
}
