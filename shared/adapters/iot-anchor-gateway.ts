// CA certificates in IoT Core.

import { X509Certificate } from 'node:crypto';
import {
  DeleteCACertificateCommand,
  DescribeCACertificateCommand,
  GetRegistrationCodeCommand,
  type IoTClient,
  RegisterCACertificateCommand,
  UpdateCACertificateCommand,
} from '@aws-sdk/client-iot';
import { PermanentError } from '#domain/errors.ts';
import { type AnchorId, anchorId } from '#domain/ids.ts';
import type { CertificateMode } from '#domain/trust-anchor.ts';
import type { AnchorGateway } from '#ports/iot-gateways.ts';
import { awsCall, isNamed } from './sdk-errors.ts';

/** Tag of a CA certificate that names its tenant, for people and for bills. */
const TENANT_TAG = 'vestibule:tenant';

// IoT Core names a CA by the SHA-256 of its DER
const idOf = (pem: string) => anchorId(new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase());

/** @returns false when IoT Core does not have it */
const unlessGone = async (call: Promise<unknown>): Promise<boolean> => {
  try {
    await call;
    return true;
  } catch (error) {
    if (!isNamed(error, 'ResourceNotFoundException')) throw error;
    return false;
  }
};

export const iotAnchorGateway = (client: IoTClient): AnchorGateway => {
  /** For one that an earlier attempt registered, or someone by hand: its mode cannot be changed. */
  const activate = async (id: AnchorId, mode: CertificateMode): Promise<void> => {
    const describe = new DescribeCACertificateCommand({ certificateId: id });
    const { certificateDescription: found } = await awsCall('iot:DescribeCACertificate', client.send(describe));
    if (found?.certificateMode !== mode)
      throw new PermanentError(
        'CA_MODE',
        `IoT Core has CA certificate ${id} in the mode ${found?.certificateMode ?? 'DEFAULT'} already, expected ${mode}; delete it there, or take that mode`,
      );
    const command = new UpdateCACertificateCommand({ certificateId: id, newStatus: 'ACTIVE' });
    await awsCall('iot:UpdateCACertificate', client.send(command));
  };

  return {
    register: async ({ pem, tenant, certificateMode, verificationCertificate }) => {
      const id = idOf(pem);
      try {
        const command = new RegisterCACertificateCommand({
          caCertificate: pem,
          certificateMode,
          ...(verificationCertificate !== null && { verificationCertificate }),
          setAsActive: true,
          allowAutoRegistration: false,
          tags: [{ Key: TENANT_TAG, Value: tenant }],
        });
        await awsCall('iot:RegisterCACertificate', client.send(command));
      } catch (error) {
        if (
          isNamed(error, 'CertificateValidationException') ||
          isNamed(error, 'InvalidRequestException') ||
          isNamed(error, 'RegistrationCodeValidationException')
        )
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
        await activate(id, certificateMode);
      }
      return id;
    },

    enableRegistration: async (id) => {
      const command = new UpdateCACertificateCommand({
        certificateId: id,
        newStatus: 'ACTIVE',
        newAutoRegistrationStatus: 'ENABLE',
      });
      return unlessGone(awsCall('iot:UpdateCACertificate', client.send(command)));
    },

    disable: async (id) => {
      const command = new UpdateCACertificateCommand({
        certificateId: id,
        newStatus: 'INACTIVE',
        newAutoRegistrationStatus: 'DISABLE',
      });
      await unlessGone(awsCall('iot:UpdateCACertificate', client.send(command)));
    },

    remove: async (id) => {
      const command = new DeleteCACertificateCommand({ certificateId: id });
      await unlessGone(awsCall('iot:DeleteCACertificate', client.send(command)));
    },

    registrationCode: async () => {
      const answer = await awsCall('iot:GetRegistrationCode', client.send(new GetRegistrationCodeCommand({})));
      if (answer.registrationCode === undefined)
        throw new Error('expected iot:GetRegistrationCode to answer with a code');
      return answer.registrationCode;
    },
  };
};
