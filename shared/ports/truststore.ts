// The file of all CA certificates that are trusted now, kept for those that read it as a whole, such as API Gateway.

export interface TruststoreFile {
  /** What stands there, with what names this version of it; null when nothing was ever written. */
  read(): Promise<{ readonly pem: string; readonly etag: string } | null>;
  /**
   * Writes a new version, unless another one was written since `etag` was read.
   * @param etag null when there was none
   */
  write(pem: string, etag: string | null): Promise<'written' | 'changed-meanwhile'>;
}
