// Until when what expires was looked at.

export interface ExpiryWatermark {
  /** Epoch milliseconds; null when nobody ever looked. Consistent. */
  read(): Promise<number | null>;
  /** Never back: an earlier time than what stands there changes nothing. */
  advance(until: number): Promise<void>;
}
