// The Lambda runner: environments, timeouts, failures and the clock, as the Lambda Developer Guide describes them.

import { rm } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { aFunction, type TestFunction } from '#support/lambda-function.ts';

const running: TestFunction[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((fn) => fn.stop()));
});

const start = async (...parameters: Parameters<typeof aFunction>): Promise<TestFunction> => {
  const fn = await aFunction(...parameters);
  running.push(fn);
  return fn;
};

describe('an execution environment', () => {
  it('has exactly the environment that it is given: nothing of the parent process', async () => {
    const { runner } = await start('export const handler = async () => process.env;', {
      environment: { AWS_REGION: 'eu-central-1', MINE: 'x' },
    });

    expect(await runner.invoke({})).toEqual({ ok: true, payload: { AWS_REGION: 'eu-central-1', MINE: 'x' } });
  });

  it('stays warm between invocations', async () => {
    const { runner } = await start('let n = 0; export const handler = async () => ++n;');

    expect([await runner.invoke({}), await runner.invoke({})]).toEqual([
      { ok: true, payload: 1 },
      { ok: true, payload: 2 },
    ]);
    expect(runner.invocations()).toBe(2);
  });

  it('serves one invocation at a time: a second one gets an environment of its own', async () => {
    const { runner } = await start(`
      let n = 0;
      export const handler = async () => { n += 1; await new Promise((done) => setTimeout(done, 50)); return n; };
    `);

    const answers = await Promise.all([runner.invoke({}), runner.invoke({})]);

    expect(answers.map((answer) => answer.ok && answer.payload)).toEqual([1, 1]);
  });

  it('is shared when more invocations come than there may be environments', async () => {
    const { runner } = await start('let n = 0; export const handler = async () => ++n;');

    const answers = await Promise.all(Array.from({ length: 20 }, () => runner.invoke({})));

    const counts = answers.map((answer) => (answer.ok ? Number(answer.payload) : 0));
    expect(counts.filter((count) => count === 1).length).toBeLessThanOrEqual(8);
    expect(Math.min(...counts)).toBe(1);
  });

  it('tells the handler who it is and how much time is left', async () => {
    const { runner } = await start(`
      export const handler = async (event, context) => ({
        event,
        name: context.functionName,
        arn: context.invokedFunctionArn,
        id: typeof context.awsRequestId,
        left: context.getRemainingTimeInMillis() > 3000 && context.getRemainingTimeInMillis() <= 5000,
      });
    `);

    expect(await runner.invoke({ a: [1] })).toEqual({
      ok: true,
      payload: {
        event: { a: [1] },
        name: 'test-function',
        arn: 'arn:aws:lambda:eu-central-1:000000000000:function:test-function',
        id: 'string',
        left: true,
      },
    });
  });

  it('answers with what JSON keeps', async () => {
    const { runner } = await start(
      'export const handler = async ({ kind }) => kind === "nothing" ? undefined : { at: new Date(0), gone: undefined };',
    );

    expect(await runner.invoke({ kind: 'nothing' })).toEqual({ ok: true, payload: null });
    expect(await runner.invoke({})).toEqual({ ok: true, payload: { at: '1970-01-01T00:00:00.000Z' } });
  });

  it.each([
    ['a function', 'return () => 1;', null],
    ['a symbol', 'return Symbol("x");', null],
  ])('answers %s, of which JSON keeps nothing, as nothing', async (_, body, payload) => {
    const { runner } = await start(`export const handler = async () => { ${body} };`);

    expect(await runner.invoke({})).toEqual({ ok: true, payload });
  });

  it('keeps nothing of an invocation once it is answered', async () => {
    const { runner } = await start('export const handler = async () => "x".repeat(1_000_000);', { memoryMb: 256 });
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    await runner.invoke({});
    collectGarbage();
    const before = process.memoryUsage().heapUsed;

    for (let n = 0; n < 40; n += 1) await runner.invoke({});

    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
  });

  it('writes its output to the log', async () => {
    const { runner, logs } = await start(
      'export const handler = async () => { console.log("hello"); console.error("oh"); };',
    );

    await runner.invoke({});

    await expect.poll(() => [...logs].sort()).toEqual(['hello', 'oh']);
  });

  it("tells the system's time where that is set, also to what was captured at load", async () => {
    let now = Date.UTC(2031, 0, 1);
    const { runner } = await start(
      `
      const clock = Date.now;
      export const handler = async () => ({
        now: Math.floor(Date.now() / 60000), captured: Math.floor(clock() / 60000), made: new Date().getUTCFullYear(),
        fixed: new Date(0).getTime(), is: new Date() instanceof Date,
      });
      `,
      {},
      () => now,
    );
    const minute = (time: number) => Math.floor(time / 60_000);

    expect(await runner.invoke({})).toEqual({
      ok: true,
      payload: { now: minute(now), captured: minute(now), made: 2031, fixed: 0, is: true },
    });
    now = Date.UTC(2040, 5, 1);
    expect(await runner.invoke({})).toMatchObject({ payload: { now: minute(now), captured: minute(now), made: 2040 } });
  });
});

describe('a failure', () => {
  it('of the handler is reported with type and message, and the environment stays', async () => {
    const { runner } = await start(
      'let n = 0; export const handler = async ({ fail }) => { n += 1; if (fail) throw new RangeError("too much"); return n; };',
    );

    const failed = await runner.invoke({ fail: true });

    expect(failed).toMatchObject({ ok: false, error: { errorType: 'RangeError', errorMessage: 'too much' } });
    expect(await runner.invoke({})).toEqual({ ok: true, payload: 2 });
    expect(runner.failures()).toMatchObject([{ error: { errorType: 'RangeError' } }]);
  });

  it('to say its answer in JSON is one of the handler, and the environment stays', async () => {
    const { runner } = await start(
      'let n = 0; export const handler = async ({ big }) => { n += 1; return big ? 1n : n; };',
    );

    expect(await runner.invoke({ big: true })).toMatchObject({
      ok: false,
      error: { errorType: 'Error', errorMessage: 'Unable to stringify response body' },
    });
    expect(await runner.invoke({})).toEqual({ ok: true, payload: 2 });
  });

  it('of the process between two invocations is the outcome of the next one, and the one after begins afresh', async () => {
    const { runner } = await start('let n = 0; export const handler = async () => [++n, process.pid];');
    const first = await runner.invoke({});
    const [, pid] = first.ok ? (first.payload as [number, number]) : [0, 0];
    process.kill(pid, 'SIGKILL');
    // the process is gone, and its event loop has not told us yet: what is sent to it cannot be written
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);

    const failed = await runner.invoke({});

    expect(failed).toMatchObject({ ok: false, error: { errorType: 'Runtime.ExitError' } });
    expect(await runner.invoke({})).toMatchObject({ ok: true, payload: [1, expect.any(Number)] });
  });

  it('to start the process is an outcome: its code is gone', async () => {
    const { runner } = await start('export const handler = async () => 1;');
    await rm(runner.config.codeFolder, { recursive: true });

    expect(await runner.invoke({})).toMatchObject({
      ok: false,
      error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('could not be started') },
    });
  });

  it('to answer in time ends the environment', async () => {
    const { runner } = await start(
      'let n = 0; export const handler = async ({ hang }) => { n += 1; if (hang) await new Promise((done) => setTimeout(done, 60000)); return n; };',
      { timeoutSeconds: 1 },
    );
    await runner.invoke({});

    const late = await runner.invoke({ hang: true });

    expect(late).toMatchObject({
      ok: false,
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/),
      },
    });
    expect(await runner.invoke({})).toEqual({ ok: true, payload: 1 });
  });

  it('to answer in time is noticed in a loop that never yields', async () => {
    const { runner } = await start('export const handler = async () => { for (;;); };', { timeoutSeconds: 1 });

    expect(await runner.invoke({})).toMatchObject({ ok: false, error: { errorType: 'Sandbox.Timedout' } });
  });

  it.each([
    ['an error that nobody caught', 'setTimeout(() => { throw new TypeError("stray"); });', 'TypeError', /^stray$/],
    [
      'a rejection that nobody saw',
      'Promise.reject(new TypeError("unseen"));',
      'Runtime.UnhandledPromiseRejection',
      /^unseen$/,
    ],
    ['an exit', 'process.exit(3);', 'Runtime.ExitError', /exit status 3/],
    ['a signal', 'process.kill(process.pid, "SIGKILL");', 'Runtime.ExitError', /SIGKILL/],
    [
      'too much memory',
      'const all = []; for (;;) all.push(new Array(1000).fill(all.length));',
      'Runtime.ExitError',
      /SIGABRT/,
    ],
  ])('by %s ends the environment', async (_, body, errorType, errorMessage) => {
    const { runner } = await start(
      `let n = 0; export const handler = async ({ fail }) => { n += 1; if (fail) { ${body} await new Promise(() => setTimeout(() => {}, 60000)); } return n; };`,
      { memoryMb: 32, timeoutSeconds: 20 },
    );
    await runner.invoke({});

    const failed = await runner.invoke({ fail: true });

    expect(failed).toMatchObject({
      ok: false,
      error: { errorType, errorMessage: expect.stringMatching(errorMessage) },
    });
    expect(await runner.invoke({})).toEqual({ ok: true, payload: 1 });
  });

  it('to load the module fails each invocation with its reason', async () => {
    const { runner } = await start('throw new Error("no table"); export const handler = async () => 1;');

    for (const _ of [1, 2]) {
      expect(await runner.invoke({})).toMatchObject({ ok: false, error: { errorMessage: 'no table' } });
    }
  });

  it('of the name of the handler is found before the first invocation when there is no such file', async () => {
    await expect(start('', { handler: 'main.handler' })).rejects.toThrow(/no file for handler main\.handler/);
  });
});

describe('kill', () => {
  it('ends an invocation half way, and the next one begins afresh', async () => {
    const { runner, logs } = await start(
      'let n = 0; export const handler = async ({ wait }) => { n += 1; if (wait) { console.log("waiting"); await new Promise((done) => setTimeout(done, 60000)); } return n; };',
    );
    const underWay = runner.invoke({ wait: true });
    await expect.poll(() => logs).toContain('waiting');

    await runner.kill();

    expect(await underWay).toMatchObject({ ok: false, error: { errorType: 'Runtime.ExitError' } });
    expect(await runner.invoke({})).toEqual({ ok: true, payload: 1 });
  });
});
