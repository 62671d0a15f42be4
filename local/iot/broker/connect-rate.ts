// "MQTT CONNECT requests per second per client ID": one, not adjustable (AWS General Reference, IoT Core quotas).

export type ConnectRate = {
  /** Counts an attempt, and says whether it is within the quota. */
  admits(clientId: string): boolean;
};

const WINDOW_MS = 1000;

export const createConnectRate = (clock: () => number): ConnectRate => {
  /** oldest first */
  const admittedAt = new Map<string, number>();
  const isWithinWindow = (at: number, now: number) => now - at < WINDOW_MS;
  const forget = (now: number): void => {
    for (const [clientId, at] of admittedAt) {
      if (isWithinWindow(at, now)) return;
      admittedAt.delete(clientId);
    }
  };
  return {
    admits: (clientId) => {
      const now = clock();
      forget(now);
      const last = admittedAt.get(clientId);
      if (last !== undefined && isWithinWindow(last, now)) return false;
      admittedAt.delete(clientId);
      admittedAt.set(clientId, now);
      return true;
    },
  };
};
