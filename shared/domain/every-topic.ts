// Permissions that leave no topic out: fit for tests, and worth a second look wherever they are given.

import type { Granted } from './permission-compiler.ts';
import { ADMIN_ROLE_NAME } from './role.ts';
import { covers, topicPattern } from './topic-pattern.ts';

/** What `#` and `+/#` cover, and nothing else does. */
const EVERY_TOPIC = topicPattern('+/#');

export type EveryTopic = Granted & {
  readonly code: 'ADMIN_ROLE_ASSIGNED' | 'EVERY_TOPIC_GRANTED';
};

/** Those that reach every topic but the broker's own, under a code that stays. */
export const reachingEveryTopic = (granted: readonly Granted[]): readonly EveryTopic[] =>
  granted
    .filter(
      ({ permission: { context, resource } }) => context === 'mqtt' && covers(topicPattern(resource), EVERY_TOPIC),
    )
    .map((one) => ({
      ...one,
      code: one.from === `role ${ADMIN_ROLE_NAME}` ? 'ADMIN_ROLE_ASSIGNED' : 'EVERY_TOPIC_GRANTED',
    }));
