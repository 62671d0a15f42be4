// What AWS IoT does once a second for one client id, not adjustable: MQTT CONNECT, and DeleteConnection (AWS General
// Reference, IoT Core quotas).

export type ClientRate = {
  /** Counts an attempt, and says whether it is within the quota. */
  admits(clientId: string): boolean;
};

const WINDOW_MS = 1000;

export const createClientRate = (clock: () => number): ClientRate => {
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
