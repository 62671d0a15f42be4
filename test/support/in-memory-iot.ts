// IoT Core in memory, as far as onboarding uses it, with its rules and a log of the calls.

import type { AnchorId, CertificateId, ClientId, TenantName } from '#domain/ids.ts';
import type { CertificateGateway, SessionGateway, ThingGateway } from '#ports/iot-gateways.ts';

type Certificate = { readonly pem: string; readonly anchorId: AnchorId | null; status: string; thing: ClientId | null };
type Thing = { readonly tenant: TenantName; readonly cn: string; readonly groups: Set<string> };

export type InMemoryIot = {
  readonly certificates: Map<CertificateId, Certificate>;
  readonly things: Map<ClientId, Thing>;
  /** operation names in the order in which they took effect, `UpdateCertificate ACTIVE` with its argument */
  readonly calls: string[];
  readonly gateway: CertificateGateway;
  readonly thingGateway: ThingGateway;
  readonly sessionGateway: SessionGateway;
  /** client ids that have a session: who is let in comes and stays until it is cut */
  readonly sessions: Set<string>;
  /** AWS IoT registers a new certificate of an active CA at its first connect, and refuses the connect. */
  register(id: CertificateId, pem: string, anchorId: AnchorId | null): void;
  /** True when a device with this certificate gets a session under this client id. */
  admits(id: CertificateId, clientId: string): boolean;
  /** A device that connects: it gets a session when it is admitted. */
  connect(id: CertificateId, clientId: string): boolean;
};

export const inMemoryIot = (): InMemoryIot => {
  const certificates = new Map<CertificateId, Certificate>();
  const things = new Map<ClientId, Thing>();
  const calls: string[] = [];
  const sessions = new Set<string>();

  const certificateOf = (id: CertificateId): Certificate => {
    const certificate = certificates.get(id);
    if (!certificate) throw new Error(`ResourceNotFoundException: certificate ${id}`);
    return certificate;
  };
  const thingOf = (name: ClientId): Thing => {
    const thing = things.get(name);
    if (!thing) throw new Error(`ResourceNotFoundException: thing ${name}`);
    return thing;
  };
  const admits = (id: CertificateId, clientId: string): boolean => {
    const certificate = certificates.get(id);
    return certificate?.status === 'ACTIVE' && isReady(certificate) && certificate.thing === clientId;
  };
  const isReady = ({ thing }: Certificate): boolean => thing !== null && (things.get(thing)?.groups.size ?? 0) > 0;

  return {
    certificates,
    things,
    calls,
    sessions,

    gateway: {
      describe: async (id) => {
        calls.push('DescribeCertificate');
        const certificate = certificates.get(id);
        return certificate ? { id, ...certificate } : null;
      },
      setStatus: async (id, status) => {
        const certificate = certificateOf(id);
        calls.push(`UpdateCertificate ${status}`);
        // J-05: nothing half done may be able to connect
        if (status === 'ACTIVE' && !isReady(certificate)) throw new Error('activated before it was permitted');
        certificate.status = status;
      },
    },

    thingGateway: {
      create: async ({ name, tenant, cn }) => {
        calls.push('CreateThing');
        const known = things.get(name);
        if (known) return known.tenant === tenant && known.cn === cn ? 'ready' : 'taken';
        things.set(name, { tenant, cn, groups: new Set() });
        return 'ready';
      },
      attachCertificate: async (name, id) => {
        calls.push('AttachThingPrincipal');
        thingOf(name);
        const certificate = certificateOf(id);
        if (certificate.thing !== null && certificate.thing !== name)
          throw new Error(`InvalidRequestException: certificate is exclusively attached to ${certificate.thing}`);
        certificate.thing = name;
      },
      joinPermissionSet: async (name, permissionSetId) => {
        calls.push('AddThingToThingGroup');
        thingOf(name).groups.add(permissionSetId);
      },
      leavePermissionSet: async (name, permissionSetId) => {
        calls.push('RemoveThingFromThingGroup');
        thingOf(name).groups.delete(permissionSetId);
      },
    },

    sessionGateway: {
      disconnect: async (clientId) => {
        calls.push('DeleteConnection');
        sessions.delete(clientId);
      },
    },

    register: (id, pem, anchorId) => {
      if (!certificates.has(id)) certificates.set(id, { pem, anchorId, status: 'PENDING_ACTIVATION', thing: null });
    },
    admits,
    connect: (id, clientId) => {
      const admitted = admits(id, clientId);
      if (admitted) sessions.add(clientId);
      return admitted;
    },
  };
};
