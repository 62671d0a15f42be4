// Trust anchors, their places and the CA certificates of IoT Core in memory, with the conditions of the real ones.

import { readAnchorPem } from '#adapters/x509-certificates.ts';
import type { AnchorId } from '#domain/ids.ts';
import type { CertificateMode, TrustAnchor } from '#domain/trust-anchor.ts';
import type { AnchorGateway } from '#ports/iot-gateways.ts';
import type { AnchorPlace, AnchorPlaces, AnchorRegistry } from '#ports/trust-registry.ts';
import { pageOf } from './in-memory-page.ts';

export type InMemoryAnchors = AnchorRegistry & { readonly anchors: Map<AnchorId, TrustAnchor> };

export const inMemoryAnchorRegistry = (): InMemoryAnchors => {
  const anchors = new Map<AnchorId, TrustAnchor>();
  const note = (id: AnchorId, changes: (anchor: TrustAnchor) => Partial<TrustAnchor> | null): boolean => {
    const anchor = anchors.get(id);
    const noted = anchor && changes(anchor);
    if (!anchor || !noted) return false;
    anchors.set(id, { ...anchor, ...noted });
    return true;
  };
  return {
    anchors,
    find: async (id) => anchors.get(id) ?? null,
    findAll: async (ids) => [...new Set(ids)].map((id) => anchors.get(id)).filter((anchor) => anchor !== undefined),
    create: async (anchor) => {
      const former = anchors.get(anchor.id);
      if (former && (former.state !== 'DELETED' || former.version !== anchor.version - 1)) return false;
      anchors.set(anchor.id, { ...anchor, sweep: null, crl: former?.crl ?? null });
      return true;
    },
    change: async (anchor, version) => {
      const former = anchors.get(anchor.id);
      if (former?.version !== version) return null;
      const changed = { ...anchor, sweep: former.sweep, crl: former.crl };
      anchors.set(anchor.id, changed);
      return changed;
    },
    noteSweep: async (id, sweep) =>
      note(id, ({ version, sweep: known }) => {
        const isComplete = known?.version === sweep.version && known.completedAt !== null;
        return version === sweep.version && !isComplete ? { sweep } : null;
      }),
    noteCrl: async (id, crl) =>
      note(id, ({ crl: former }) => (former && former.thisUpdate > crl.thisUpdate ? null : { crl })),
  };
};

/** @property places by `<tenant>#<id>` */
export type InMemoryPlaces = AnchorPlaces & { readonly places: Map<string, AnchorPlace> };

export const inMemoryAnchorPlaces = (): InMemoryPlaces => {
  const places = new Map<string, AnchorPlace>();
  return {
    places,
    find: async (tenant, id) => places.get(`${tenant}#${id}`) ?? null,
    list: async (tenant, page) => {
      const ofTenant = [...places].filter(([, place]) => tenant === null || place.tenant === tenant);
      return pageOf(
        ofTenant.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place),
        page,
      );
    },
    put: async (place) => {
      places.set(`${place.tenant}#${place.id}`, place);
    },
    remove: async (tenant, id) => {
      places.delete(`${tenant}#${id}`);
    },
  };
};

type CaInIot = { readonly active: boolean; readonly registration: boolean; readonly mode: CertificateMode };
/** @property cas as IoT Core has them */
export type InMemoryAnchorGateway = AnchorGateway & { readonly cas: Map<AnchorId, CaInIot> };

export const REGISTRATION_CODE = 'c0de'.repeat(16);

/** @param calls are noted here in order */
export const inMemoryAnchorGateway = (calls: string[]): InMemoryAnchorGateway => {
  const cas = new Map<AnchorId, CaInIot>();
  return {
    cas,
    register: async ({ pem, tenant, certificateMode, verificationCertificate }) => {
      const read = readAnchorPem(pem);
      if (!read.ok) throw new Error(read.error.message);
      const { id } = read.value;
      calls.push(`register ${tenant} ${certificateMode}${verificationCertificate === null ? '' : ' with proof'}`);
      const standing = cas.get(id);
      cas.set(id, { registration: false, mode: certificateMode, ...standing, active: true });
      return id;
    },
    enableRegistration: async (id) => {
      calls.push(`enable ${id}`);
      const standing = cas.get(id);
      if (standing) cas.set(id, { ...standing, active: true, registration: true });
      return standing !== undefined;
    },
    disable: async (id) => {
      calls.push(`disable ${id}`);
      const standing = cas.get(id);
      if (standing) cas.set(id, { ...standing, active: false, registration: false });
    },
    remove: async (id) => {
      calls.push(`remove ${id}`);
      if (cas.get(id)?.active) throw new Error(`CA certificate ${id} is active`);
      cas.delete(id);
    },
    registrationCode: async () => REGISTRATION_CODE,
  };
};
