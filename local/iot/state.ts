// What the embedded IoT Core knows: CA certificates, certificates, things, groups, policies. Plain maps, one owner.

export type CaCertificate = {
  readonly id: string;
  readonly pem: string;
  readonly mode: 'DEFAULT' | 'SNI_ONLY';
  status: 'ACTIVE' | 'INACTIVE';
  autoRegistration: 'ENABLE' | 'DISABLE';
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  lastModifiedAt: number;
};

export type CertificateStatus = 'ACTIVE' | 'INACTIVE' | 'REVOKED' | 'PENDING_ACTIVATION';

export type DeviceCertificate = {
  readonly id: string;
  readonly pem: string;
  readonly caId: string | null;
  status: CertificateStatus;
  readonly createdAt: number;
  lastModifiedAt: number;
  /** policies attached to the certificate itself */
  readonly policies: Set<string>;
  /** thing name → exclusive or not */
  readonly things: Map<string, 'EXCLUSIVE_THING' | 'NON_EXCLUSIVE_THING'>;
};

export type Thing = {
  readonly name: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  version: number;
  readonly groups: Set<string>;
};

export type ThingGroup = {
  readonly name: string;
  readonly id: string;
  readonly parent: string | null;
  readonly description?: string;
  readonly policies: Set<string>;
};

export type PolicyVersion = { readonly id: string; readonly document: string; readonly createdAt: number };
export type Policy = { readonly name: string; readonly versions: PolicyVersion[]; defaultVersionId: string };

/** `actions` and `errorAction` as CloudFormation describes them; the rules engine reads them. */
export type TopicRule = {
  readonly name: string;
  readonly sql: string;
  readonly actions: readonly unknown[];
  readonly errorAction: unknown;
};

/** An endpoint of its own on AWS, with a function that is asked about each connection to it. */
export type DomainConfiguration = {
  readonly name: string;
  /** ends with an id, so that one of the same name is another */
  readonly arn: string;
  status: 'ENABLED' | 'DISABLED';
  callbackArn: string | null;
  statusChangedAt: number;
};

export type IotState = {
  readonly cas: Map<string, CaCertificate>;
  readonly certificates: Map<string, DeviceCertificate>;
  readonly things: Map<string, Thing>;
  readonly groups: Map<string, ThingGroup>;
  readonly policies: Map<string, Policy>;
  /** event type → enabled, as UpdateEventConfigurations sets it */
  readonly eventConfigurations: Map<string, boolean>;
  readonly domainConfigurations: Map<string, DomainConfiguration>;
};

export const emptyIotState = (): IotState => ({
  cas: new Map(),
  certificates: new Map(),
  things: new Map(),
  groups: new Map(),
  policies: new Map(),
  eventConfigurations: new Map(),
  domainConfigurations: new Map(),
});
