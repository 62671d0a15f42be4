// Device certificates in IoT Core: what they are, and the one place that sets their status.

import { DescribeCertificateCommand, type IoTClient, UpdateCertificateCommand } from '@aws-sdk/client-iot';
import { isAnchorId } from '#domain/ids.ts';
import type { CertificateGateway } from '#ports/iot-gateways.ts';
import { awsCall, isNamed } from './sdk-errors.ts';

export const iotCertificateGateway = (client: IoTClient): CertificateGateway => ({
  describe: async (id) => {
    try {
      const command = new DescribeCertificateCommand({ certificateId: id });
      const { certificateDescription: found } = await awsCall('iot:DescribeCertificate', client.send(command));
      if (found?.certificatePem === undefined || found.status === undefined)
        throw new Error(`expected iot:DescribeCertificate to answer with PEM and status of ${id}`);
      const anchor = found.caCertificateId ?? '';
      return { id, pem: found.certificatePem, anchorId: isAnchorId(anchor) ? anchor : null, status: found.status };
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return null;
      throw error;
    }
  },

  setStatus: async (id, status) => {
    const command = new UpdateCertificateCommand({ certificateId: id, newStatus: status });
    await awsCall('iot:UpdateCertificate', client.send(command));
  },
});
