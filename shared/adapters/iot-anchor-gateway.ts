// CA certificates in IoT Core.

import { X509Certificate } from 'node:crypto';
import { type IoTClient, RegisterCACertificateCommand, UpdateCACertificateCommand } from '@aws-sdk/client-iot';
import { PermanentError } from '#domain/errors.ts';
import { anchorId } from '#domain/ids.ts';
import type { AnchorGateway } from '#ports/iot-gateways.ts';
import { awsCall, isNamed } from './sdk-errors.ts';

// IoT Core names a CA by the SHA-256 of its DER
const idOf = (pem: string) => anchorId(new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase());

export const iotAnchorGateway = (client: IoTClient): AnchorGateway => ({
  register: async (pem) => {
    const id = idOf(pem);
    try {
      const command = new RegisterCACertificateCommand({
        caCertificate: pem,
        // no verification certificate: who vouches for the CA is settled before, and per tenant, which AWS cannot do
        certificateMode: 'SNI_ONLY',
        setAsActive: true,
        allowAutoRegistration: false,
      });
      await awsCall('iot:RegisterCACertificate', client.send(command));
    } catch (error) {
      if (isNamed(error, 'CertificateValidationException') || isNamed(error, 'InvalidRequestException'))
        throw new PermanentError('CA_REFUSED', `IoT Core does not take this CA certificate: ${error.message}`, {
          cause: error,
        });
      if (isNamed(error, 'LimitExceededException'))
        throw new PermanentError(
          'CA_SUBJECT_LIMIT',
          'IoT Core takes at most 10 CA certificates of one subject in an account and region; delete one first',
          { cause: error },
        );
      if (!isNamed(error, 'ResourceAlreadyExistsException')) throw error;
      // an earlier attempt, or someone by hand: either way it has to be active
      const activation = new UpdateCACertificateCommand({ certificateId: id, newStatus: 'ACTIVE' });
      await awsCall('iot:UpdateCACertificate', client.send(activation));
    }
    return id;
  },

  enableRegistration: async (id) => {
    const command = new UpdateCACertificateCommand({ certificateId: id, newAutoRegistrationStatus: 'ENABLE' });
    await awsCall('iot:UpdateCACertificate', client.send(command));
  },
});
