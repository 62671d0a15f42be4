// The revocation list of the CA in AWS Private CA, read where the CA publishes it: from S3, with its signature checked.

import { ACMPCAClient, DescribeCertificateAuthorityCommand } from '@aws-sdk/client-acm-pca';
import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { readRevocationList } from '#adapters/revocation-lists.ts';
import type { LocalSystem } from '#local/system.ts';
import { expect } from './report.ts';

/** @returns serial numbers in lower-case hex without leading zeros; null while the CA has published no list */
export type ReadList = (caPem: string) => Promise<readonly string[] | null>;

/**
 * @param arn of the private CA
 * @throws Unmet when the list cannot be read, or the CA did not sign it
 */
export const privateCaList =
  ({ aws: { endpoint, region }, credentials }: Pick<LocalSystem, 'aws' | 'credentials'>, arn: string): ReadList =>
  async (caPem) => {
    const client = { endpoint, region, credentials: credentials.operator };
    const [pca, s3] = [new ACMPCAClient(client), new S3Client(client)];
    try {
      const authority = await pca.send(new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: arn }));
      const Bucket = authority.CertificateAuthority?.RevocationConfiguration?.CrlConfiguration?.S3BucketName;
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: `crl/${arn.split('/')[1]}.crl` }));
      const list = readRevocationList((await Body?.transformToString('base64')) ?? '', caPem);
      expect(list.ok && list.value.signedByAnchor, `a revocation list that ${arn} signed`);
      return list.value.entries.map(({ serialNumber }) => serialNumber);
    } catch (error) {
      if (error instanceof NoSuchKey) return null;
      throw error;
    } finally {
      pca.destroy();
      s3.destroy();
    }
  };
