import { expect, it } from 'vitest';
import { reachingEveryTopic } from '#domain/every-topic.ts';
import type { PermissionContext } from '#domain/permission.ts';

const granted = (resource: string, from = 'role line-1', context: PermissionContext = 'mqtt') => ({
  permission: { resource, operation: 'read' as const, context, allowRetain: false },
  from,
  plusMode: 'exact' as const,
});

it('U-09: what matches every topic is found, with who gives it, and nothing else is', () => {
  const wide = [granted('#', 'role connectware-admin'), granted('#'), granted('+/#', 'user device001')];
  const narrow = ['+', '+/+/#', 'a/#', '{tenant}/#', '{clientId}', 'a'].map((resource) => granted(resource));
  expect(reachingEveryTopic([...narrow, ...wide, granted('/#', 'role line-1', 'http')])).toEqual([
    { ...wide[0], code: 'ADMIN_ROLE_ASSIGNED' },
    { ...wide[1], code: 'EVERY_TOPIC_GRANTED' },
    { ...wide[2], code: 'EVERY_TOPIC_GRANTED' },
  ]);
});
