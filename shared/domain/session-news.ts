// What a broker tells of a connection: it began, it ended, or it was refused.

export type SessionNews = {
  readonly clientId: string;
  /** id of the certificate, for a session that has one */
  readonly principal: string;
  readonly sessionId: string;
  /** epoch milliseconds, an approximation */
  readonly at: number;
} & (
  | { readonly kind: 'connected'; readonly versionNumber: number; readonly ip: string | null }
  | { readonly kind: 'disconnected'; readonly versionNumber: number; readonly disconnectReason: string }
  | { readonly kind: 'refused'; readonly ip: string | null }
);
