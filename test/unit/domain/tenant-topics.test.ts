import { describe, expect, it } from 'vitest';
import { tenantName } from '#domain/ids.ts';
import type { PermissionContext, PlusMode } from '#domain/permission.ts';
import { firstOutside } from '#domain/tenant-topics.ts';

const acme = (...topics: readonly string[]) => ({ name: tenantName('acme'), topics });
const granted = (resource: string, plusMode: PlusMode = 'exact', context: PermissionContext = 'mqtt') => ({
  permission: { resource, operation: 'readWrite', context, allowRetain: false } as const,
  from: 'role line-1',
  plusMode,
});

describe('R-07: a permission lies within the topics of its tenant', () => {
  it.each([
    ['tc/{tenant}/#', 'tc/{tenant}/#'],
    ['tc/{tenant}/#', 'tc/acme/#'],
    ['tc/acme/#', 'tc/{tenant}/x'],
    ['tc/{tenant}/#', 'tc/acme'],
    ['tc/{tenant}/#', 'tc/acme/+/state'],
    ['tc/{tenant}/#', 'tc/{tenant}/{clientId}/o/+'],
    ['devices/{clientId}/#', 'devices/{clientId}/state'],
    ['devices/+/state', 'devices/{clientId}/state'],
    ['devices/+/state', 'devices/+/state'],
    ['+/state', '{tenant}/state'],
    ['#', '#'],
    ['#', '+/state'],
    ['a', 'a'],
  ])('%s holds %s', (topic, resource) => {
    expect(firstOutside(acme('elsewhere', topic), [granted(resource)])).toBeNull();
  });

  it.each([
    ['tc/{tenant}/#', '#'],
    ['tc/{tenant}/#', '+/x'],
    ['tc/{tenant}/#', 'tc/#'],
    ['tc/{tenant}/#', 'tc/+/state'],
    ['tc/{tenant}/#', 'tc/globex/#'],
    ['tc/{tenant}/#', 'tc/{clientId}/state'],
    ['tc/{tenant}/#', 'tc/acme-labs/state'],
    ['tc/{tenant}/#', 'tc/Acme/state'],
    ['tc/{tenant}/#', 'devices/globex_pump7/#'],
    ['devices/{clientId}/#', 'devices/+/state'],
    ['devices/{clientId}/#', 'devices/acme_device01/state'],
    ['devices/+/state', 'devices/#'],
    ['devices/+/state', 'devices/a/b/state'],
    ['+/#', '#'],
    ['a', 'a/#'],
    ['a', 'b'],
  ])('%s does not hold %s', (topic, resource) => {
    const outside = granted(resource);
    expect(firstOutside(acme('elsewhere', topic), [granted('elsewhere'), outside])).toBe(outside);
  });

  it.each([
    ['a/+/acme', 'a/+/acme', false],
    ['a/+/acme', 'a/b/acme', true],
    ['a/+/#', 'a/+/acme', true],
    ['a/#', 'a/+', true],
    ['a/+', 'a/+', false],
    ['+/acme/#', '{tenant}/+/x', false],
    ['acme/+/#', '{tenant}/+/x', true],
  ])('where + may stand for several levels, whether %s holds %s: %s', (topic, resource, holds) => {
    expect(firstOutside(acme(topic), [granted(resource, 'widen')]) === null).toBe(holds);
  });

  it('as a whole in one of them: two halves are none', () => {
    expect(firstOutside(acme('a', 'a/+/#'), [granted('a/#')])).not.toBeNull();
  });

  it('or names no topic: a path of the HTTP door reaches no broker', () => {
    expect(firstOutside(acme('a'), [granted('/b', 'exact', 'http')])).toBeNull();
  });

  it('or its tenant has no topics of its own, and may name every one', () => {
    expect(firstOutside({ name: tenantName('acme'), topics: null }, [granted('#')])).toBeNull();
    expect(firstOutside(acme(), [granted('a')])).not.toBeNull();
    expect(firstOutside(acme(), [])).toBeNull();
  });
});
