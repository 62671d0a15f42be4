// "MQTT CONNECT requests per second per client ID": one, not adjustable (AWS General Reference, IoT Core quotas).

export type ConnectRate = {
  /** Counts an attempt, and says whether it is within the quota. */
  admits(clientId: string): boolean;
};

const WINDOW_MS = 1000;

export const createConnectRate = (clock: () => number): ConnectRate => {
  const admittedAt = new Map<string, number>();
  return {
    admits: (clientId) => {
      const now = clock();
      const last = admittedAt.get(clientId);
      if (last !== undefined && now - last < WINDOW_MS) return false;
      admittedAt.set(clientId, now);
      return true;
    },
  };
};
