// A CA whose key is kept by AWS Private CA: it signs what Vestibule has inspected.

export type IssueRequest = {
  /** ARN of the CA */
  readonly ca: string;
  /** PEM of the request (RFC 2986) */
  readonly csr: string;
  readonly days: number;
  /** equal for every attempt of one request: AWS answers a repeat within five minutes with the same certificate */
  readonly idempotencyToken: string;
};

export interface PrivateCa {
  /** PEM of the CA's own certificate. @throws PermanentError when there is no such CA, or it is not active */
  certificate(ca: string): Promise<string>;
  /** @returns PEM of the certificate. @throws PermanentError when the CA refuses the request */
  issue(request: IssueRequest): Promise<string>;
  /** Puts a certificate on the CA's own revocation list. Repeatable. @param serialNumber hex */
  revoke(ca: string, serialNumber: string): Promise<void>;
}
