import { describe, expect, it } from 'vitest';
import { anchorId, tenantName } from '#domain/ids.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import type { TruststoreFile } from '#ports/truststore.ts';
import { inMemoryAnchorPlaces, inMemoryAnchorRegistry } from '#support/in-memory-anchors.ts';
import { anAnchor, anUpload } from '#support/trust-anchors.ts';
import { publishTruststore } from '#usecases/publish-truststore.ts';
import { readTruststore, showTenantTruststore } from '#usecases/truststore.ts';

const NOW = Date.UTC(2026, 10, 22);
const [acme, globex] = [tenantName('acme'), tenantName('globex')];

const block = (id: string) => `-----BEGIN CERTIFICATE-----\n${id}\n-----END CERTIFICATE-----\n`;
const idOf = (n: number) => anchorId(n.toString(16).padStart(64, '0'));

/** @property meanwhile runs once, after the file was read and before the registry is */
const world = () => {
  const [places, registry] = [inMemoryAnchorPlaces(), inMemoryAnchorRegistry()];
  const object = { pem: null as string | null, etag: 0, versions: [] as string[] };
  const hooks = { meanwhile: [] as (() => Promise<void>)[] };
  const file: TruststoreFile = {
    read: async () => {
      const { pem, etag } = object;
      await hooks.meanwhile.shift()?.();
      return pem === null ? null : { pem, etag: String(etag) };
    },
    write: async (pem, etag) => {
      if (etag !== (object.pem === null ? null : String(object.etag))) return 'changed-meanwhile';
      object.pem = pem;
      object.etag += 1;
      object.versions.push(pem);
      return 'written';
    },
  };
  const add = async (n: number, changes: Partial<TrustAnchor> = {}): Promise<TrustAnchor> => {
    const id = idOf(n);
    const anchor = anAnchor({ id, pem: block(id.slice(0, 64)), registeredAt: n, ...changes });
    await places.put({ tenant: anchor.tenant, id, upload: null });
    await registry.create(anchor);
    return anchor;
  };
  const revoke = async (anchor: TrustAnchor) => {
    await registry.change({ ...anchor, state: 'REVOKED', version: anchor.version + 1 }, anchor.version);
  };
  const deps = { places, anchors: registry, clock: () => NOW, file };
  return { deps, places, registry, object, hooks, file, add, revoke, publish: publishTruststore(deps) };
};

describe('reading the truststore', () => {
  it('B-01: reads every tenant, or one', async () => {
    const { deps, add } = world();
    await add(1);
    await add(2, { tenant: globex });

    const read = readTruststore(deps);

    expect((await read(null)).anchors.map(({ tenant }) => tenant)).toEqual([acme, globex]);
    expect((await read(globex)).pem).toBe(block(idOf(2)));
  });

  it('B-01: takes no upload for an anchor, be it of a CA that another tenant has proved', async () => {
    const { deps, add, places } = world();
    await add(1);
    await places.put({ tenant: globex, id: idOf(1), upload: anUpload({ id: idOf(1), tenant: globex }) });
    await places.put({ tenant: globex, id: idOf(2), upload: anUpload({ id: idOf(2), tenant: globex }) });

    expect((await readTruststore(deps)(globex)).pem).toBe('');
    expect((await readTruststore(deps)(null)).pem).toBe(block(idOf(1)));
  });

  it('B-01: reads on past the first page', async () => {
    const { deps, add } = world();
    for (let n = 1; n <= 1_001; n += 1) await add(n);

    const { anchors, pem } = await readTruststore(deps)(null);

    expect(anchors).toHaveLength(1_001);
    expect(pem.match(/BEGIN/g)).toHaveLength(1_001);
  });

  it('refuses a tenant that there is not', async () => {
    const { deps, add } = world();
    await add(1);
    const show = showTenantTruststore({ ...deps, tenants: { find: async () => null } });

    expect(await show(globex)).toMatchObject({ ok: false, error: { code: 'TENANT_UNKNOWN' } });
  });
});

describe('publishing the truststore', () => {
  it('B-02: writes it for the first time, though it is empty', async () => {
    const { publish, object } = world();

    expect(await publish()).toEqual({ written: true, anchors: 0, omitted: 0 });

    expect(object.versions).toEqual(['']);
  });

  it('B-02: a new anchor makes a new version, a repeat makes none', async () => {
    const { publish, object, add } = world();
    await add(1);
    await publish();
    await add(2);
    await add(3, { validTo: NOW - 1 });

    expect(await publish()).toEqual({ written: true, anchors: 2, omitted: 1 });
    expect(await publish()).toEqual({ written: false, anchors: 2, omitted: 1 });

    expect(object.versions).toEqual([block(idOf(1)), block(idOf(1)) + block(idOf(2))]);
  });

  it('B-03: without an anchor that was revoked', async () => {
    const { publish, object, add, revoke } = world();
    const anchor = await add(1);
    await add(2);
    await publish();
    await revoke(anchor);
    await publish();

    expect(object.pem).toBe(block(idOf(2)));
  });

  it('B-03: one who read the registry earlier does not write over one who read it later', async () => {
    const { publish, object, add, revoke, registry, deps } = world();
    const anchor = await add(1);
    let first = true;
    const late: typeof registry = {
      ...registry,
      findAll: async (ids) => {
        const seen = await registry.findAll(ids);
        if (!first) return seen;
        first = false;
        await revoke(anchor);
        await publish();
        return seen;
      },
    };

    await publishTruststore({ ...deps, anchors: late })();

    // what was revoked was not trusted again, not even for a moment
    expect(object.versions).toEqual(['']);
  });

  it('B-03: nor where the file was changed there and back, so that it looks the same', async () => {
    const { object, add, revoke, registry, deps, file } = world();
    const anchor = await add(1);
    let first = true;
    const late = {
      findAll: async (ids: Parameters<typeof registry.findAll>[0]) => {
        const seen = await registry.findAll(ids);
        if (first) {
          first = false;
          await revoke(anchor);
        }
        return seen;
      },
    };
    // the ETag of an object that is encrypted by S3 is a hash of its content: nothing tells the versions apart
    const alike: TruststoreFile = {
      ...file,
      write: (pem) => file.write(pem, object.pem === null ? null : String(object.etag)),
    };

    await publishTruststore({ ...deps, anchors: late, file: alike })();

    expect(object.pem).toBe('');
  });

  it('gives up on anchors that do not come to rest, to be asked again', async () => {
    const { publish, object, add, hooks } = world();
    hooks.meanwhile.push(...Array.from({ length: 6 }, (_, n) => async () => void (await add(n + 1))));

    await expect(publish()).rejects.toMatchObject({
      name: 'TransientError',
      message: 'the truststore was still changing after 5 attempts to publish it',
    });

    expect(object.versions).toHaveLength(5);
  });
});
