// Certificates that IoT Core lists under a CA.

import { type IoTClient, ListCertificatesByCACommand } from '@aws-sdk/client-iot';
import { isCertificateId } from '#domain/ids.ts';
import type { IssuedCertificates } from '#ports/iot-gateways.ts';
import { awsCall, isNamed } from './sdk-errors.ts';

/** The most that a page holds (AWS IoT API reference, ListCertificatesByCA). */
const PAGE_SIZE = 250;

export const iotIssuedCertificates = (client: IoTClient): IssuedCertificates => ({
  ofAnchor: async (id, cursor) => {
    try {
      const command = new ListCertificatesByCACommand({
        caCertificateId: id,
        pageSize: PAGE_SIZE,
        ...(cursor !== null && { marker: cursor }),
      });
      const { certificates = [], nextMarker } = await awsCall('iot:ListCertificatesByCA', client.send(command));
      const items = certificates.map(({ certificateId = '', status }) => {
        if (!isCertificateId(certificateId) || status === undefined)
          throw new Error(
            `expected iot:ListCertificatesByCA to answer with id and status of each certificate of ${id}`,
          );
        return { id: certificateId, status };
      });
      return { items, cursor: nextMarker ?? null };
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return { items: [], cursor: null };
      throw error;
    }
  },
});
