// The registry as the pre-authentication gate reads it: a certificate, then all that stands around it in one BatchGetItem.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AnchorItem, CertificateItem, DeviceItem, TenantItem } from '#contracts/registry-items.ts';
import { anchorKey, blockKey, certificateKey, deviceKey, serialKey, tenantKey } from '#names/keys.ts';
import type { AdmissionRegistry } from '#ports/admission.ts';
import type { Key } from './dynamo-requests.ts';
import { parseItem, registryTable } from './dynamo-table.ts';

export const dynamoAdmission = (client: DynamoDBClient, tableName: string): AdmissionRegistry => {
  const table = registryTable(client, tableName);
  return {
    findCertificate: async (id) => {
      const item = await table.get(certificateKey(id));
      return item && parseItem(CertificateItem, item);
    },

    findAround: async ({ anchor, accepted }) => {
      const keys = {
        anchor: anchorKey(anchor),
        device: accepted && deviceKey(accepted.deviceKey),
        tenant: accepted && tenantKey(accepted.tenant),
        block: accepted && blockKey(accepted.tenant, accepted.certificate),
        serial: accepted?.serialNumber ? serialKey(anchor, accepted.serialNumber) : null,
      };
      const items = await table.getAll(Object.values(keys).filter((key) => key !== null));
      const at = (key: Key | null) => items.find(({ pk, sk }) => pk === key?.pk && sk === key?.sk) ?? null;
      const [anchorItem, deviceItem, tenantItem] = [at(keys.anchor), at(keys.device), at(keys.tenant)];
      return {
        anchor: anchorItem && parseItem(AnchorItem, anchorItem),
        device: deviceItem && parseItem(DeviceItem, deviceItem),
        tenant: tenantItem && parseItem(TenantItem, tenantItem),
        blocked: at(keys.block) !== null,
        onCrl: at(keys.serial) !== null,
      };
    },
  };
};
